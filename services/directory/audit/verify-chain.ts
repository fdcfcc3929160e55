import { createHash } from 'node:crypto';
import type { AuditLink, AuditVerification, BrokenLink, VerifyAuditRequest } from '../../../generated/opora/directory/v1/audit.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { readEntries, type StoredEntry } from './audit-store.ts';

const pageSize = 1_000;
const mostEntries = 20_000;
const beginning: AuditLink = { seq: 0, hash: '0'.repeat(64) };

/** Works the chain out anew, link by link, up to 20 000 entries in a call. */
export async function verifyChain(database: Database, { after, known }: VerifyAuditRequest): Promise<AuditVerification> {
  let last = after ?? beginning;
  let entries = 0;
  const answer = (more: Partial<AuditVerification> = {}): AuditVerification => ({
    intact: more.broken === undefined,
    entries,
    ...(last.seq > 0 && { last }),
    ...more,
  });
  const lost = (known && (await findKnown(database, known))) ?? (after && (await findKnown(database, after)));
  if (lost) return answer({ broken: lost });
  while (entries < mostEntries) {
    const page = await readEntries(database, sql`where seq > ${last.seq}::int order by seq limit ${pageSize}::int`);
    for (const entry of page) {
      const reason = faultOf(entry, last);
      if (reason) return answer({ broken: { seq: reason === 'missing' ? last.seq + 1 : entry.seq, reason } });
      last = { seq: entry.seq, hash: entry.hash };
      entries++;
    }
    if (page.length < pageSize) return answer();
  }
  return answer({ next: last });
}

/** SHA-256 of the entry before and of what this one says. */
export function hashEntry({ seq, content, previous }: Omit<StoredEntry, 'hash'>): string {
  return createHash('sha256').update(Buffer.from(previous, 'hex')).update(`${seq} ${content}`).digest('hex');
}

function faultOf(entry: StoredEntry, last: AuditLink): BrokenLink['reason'] | undefined {
  if (entry.seq !== last.seq + 1) return 'missing';
  if (entry.previous !== last.hash) return 'untied';
  return entry.hash === hashEntry(entry) ? undefined : 'changed';
}

async function findKnown(database: Database, { seq, hash }: AuditLink): Promise<BrokenLink | undefined> {
  const [found] = await readEntries(database, sql`where seq = ${seq}::int`);
  if (!found) return { seq, reason: 'missing' };
  return found.hash === hash ? undefined : { seq, reason: 'not_the_known_one' };
}
