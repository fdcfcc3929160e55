import type * as contract from '../../generated/opora/cmdb/v1/edits.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { toCanonicalText } from '../domain/attributes.ts';
import { mask, maskDifferences } from '../rights/mask.ts';
import { rightsReader } from '../rights/rights.ts';
import type { PageParts } from '../sources/take-page.ts';
import { type BulkEditState, type DecidedItem, readBulkEdits, readDecisions } from './bulk-edit-store.ts';
import { bulkEditUseCases } from './bulk-edits.ts';
import { toTexts } from './decide-edits.ts';

/** The contract's methods, each mapped to its use case and back. */
export function bulkEditMethods(parts: PageParts): contract.BulkEditService {
  const { database } = parts;
  const edits = bulkEditUseCases(parts);
  const rightsFor = rightsReader(parts.model);
  const shownTo = async (call: Call) => {
    const { masked } = await rightsFor(call);
    return (edit: BulkEditState) => toBulkEdit(edit, masked);
  };
  return {
    createBulkEdit: async (request, call) => edits.create(request, call, await shownTo(call)),
    getBulkEdit: async ({ id }, call) => (await shownTo(call))(await edits.find(id)),
    applyBulkEdit: async ({ id }, call) => edits.apply(id, call, await shownTo(call)),
    async listBulkEdits({ limit = 50, after }, call) {
      const place = after === undefined ? undefined : decodeCursor(after, ['time', 'uuid'], '-createdAt');
      const behind = place ? sql`(created_at, id) < (${place[0]}::timestamptz, ${place[1]}::uuid)` : sql`true`;
      const found = await readBulkEdits(database, sql`${behind} order by created_at desc, id desc limit ${limit + 1}::int`);
      const last = found[limit - 1];
      const next = found.length > limit && last ? encodeCursor([new Date(last.createdAt).toISOString(), last.id], '-createdAt') : undefined;
      return { items: found.slice(0, limit).map(await shownTo(call)), ...(next !== undefined && { next }) };
    },
    async listBulkEditRows({ id, outcome, limit = 50, after }, call) {
      const { masked } = await rightsFor(call);
      await edits.find(id);
      const place = after === undefined ? 0 : decodeCursor(after, ['number'], 'place')[0];
      const found = await readDecisions(database, id, { after: place, limit: limit + 1, ...(outcome !== undefined && { outcome }) });
      const last = found[limit - 1];
      return {
        items: found.slice(0, limit).map((row) => toRow(row, masked)),
        ...(found.length > limit && last && { next: encodeCursor([last.place], 'place') }),
      };
    },
  };
}

function toBulkEdit(
  { filter, changes, preview, applied, actorId: _, appliedById: __, createdAt, updatedAt, ...edit }: BulkEditState,
  masked: ReadonlySet<string>,
): contract.BulkEdit {
  return {
    ...edit,
    filter: { ...filter, ids: filter.ids ?? [], where: filter.where ?? [] },
    changes: maskChanges(changes, masked),
    preview: { ...preview },
    applied: { ...applied },
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}

function maskChanges(changes: contract.ItemChanges, masked: ReadonlySet<string>): contract.ItemChanges {
  if (changes.attributes === undefined) return changes;
  const shown = mask(JSON.parse(changes.attributes), masked);
  return shown.masked.length === 0 ? changes : { ...changes, attributes: toCanonicalText(shown.attributes) };
}

function toRow({ place: _, differences, ...row }: DecidedItem, masked: ReadonlySet<string>): contract.BulkEditRow {
  return { ...row, differences: toTexts(maskDifferences(differences, masked), toCanonicalText) };
}
