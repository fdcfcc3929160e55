import type * as contract from '../../generated/opora/cmdb/v1/edits.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { toCanonicalText } from '../domain/attributes.ts';
import type { PageParts } from '../sources/take-page.ts';
import { type BulkEditState, type DecidedItem, readBulkEdits, readDecisions } from './bulk-edit-store.ts';
import { bulkEditUseCases } from './bulk-edits.ts';
import { toTexts } from './decide-edits.ts';

/** The contract's methods, each mapped to its use case and back. */
export function bulkEditMethods(parts: PageParts): contract.BulkEditService {
  const { database } = parts;
  const edits = bulkEditUseCases(parts);
  return {
    createBulkEdit: (request, call) => edits.create(request, call, toBulkEdit),
    getBulkEdit: async ({ id }) => toBulkEdit(await edits.find(id)),
    applyBulkEdit: ({ id }, call) => edits.apply(id, call, toBulkEdit),
    async listBulkEdits({ limit = 50, after }) {
      const place = after === undefined ? undefined : decodeCursor(after, ['time', 'uuid'], '-createdAt');
      const behind = place ? sql`(created_at, id) < (${place[0]}::timestamptz, ${place[1]}::uuid)` : sql`true`;
      const found = await readBulkEdits(database, sql`${behind} order by created_at desc, id desc limit ${limit + 1}::int`);
      const last = found[limit - 1];
      const next = found.length > limit && last ? encodeCursor([new Date(last.createdAt).toISOString(), last.id], '-createdAt') : undefined;
      return { items: found.slice(0, limit).map(toBulkEdit), ...(next !== undefined && { next }) };
    },
    async listBulkEditRows({ id, outcome, limit = 50, after }) {
      await edits.find(id);
      const place = after === undefined ? 0 : decodeCursor(after, ['number'], 'place')[0];
      const found = await readDecisions(database, id, { after: place, limit: limit + 1, ...(outcome !== undefined && { outcome }) });
      const last = found[limit - 1];
      return { items: found.slice(0, limit).map(toRow), ...(found.length > limit && last && { next: encodeCursor([last.place], 'place') }) };
    },
  };
}

function toBulkEdit({ filter, preview, applied, actorId: _, appliedById: __, createdAt, updatedAt, ...edit }: BulkEditState): contract.BulkEdit {
  return {
    ...edit,
    filter: { ...filter, ids: filter.ids ?? [] },
    preview: { ...preview },
    applied: { ...applied },
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}

function toRow({ place: _, differences, ...row }: DecidedItem): contract.BulkEditRow {
  return { ...row, differences: toTexts(differences, toCanonicalText) };
}
