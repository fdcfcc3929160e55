import type { AuditEntry, AuditService } from '../../../generated/opora/directory/v1/audit.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import type { StoredEntry } from './audit-store.ts';
import type { EntryContent } from './entry-content.ts';
import { exportEntries } from './export-entries.ts';
import { listEntries } from './list-entries.ts';
import { verifyChain } from './verify-chain.ts';

/** The contract's methods of the audit log. */
export function auditMethods(database: Database): AuditService {
  return {
    async listAuditEntries(request) {
      const { entries, next } = await listEntries(database, request);
      return { items: entries.map(toEntry), ...(next !== undefined && { next }) };
    },
    verifyAudit: (request) => verifyChain(database, request),
    exportAudit: (request) => exportEntries(database, request),
  };
}

function toEntry({ seq, content, previous, hash }: StoredEntry): AuditEntry {
  const { changes = [], ...said } = JSON.parse(content) as EntryContent;
  return {
    ...said,
    seq,
    changes: changes.map(({ field, before, after }) => ({
      field,
      ...(before !== undefined && { before: JSON.stringify(before) }),
      ...(after !== undefined && { after: JSON.stringify(after) }),
    })),
    hash,
    previous,
  };
}
