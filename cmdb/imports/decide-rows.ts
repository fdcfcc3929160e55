import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { leaveOutKnown } from '../domain/sheets/leave-out-known.ts';
import type { Finding } from '../domain/sheets/remark.ts';
import { noSuchItem, outOfUse } from '../domain/sheets/row-findings.ts';
import type { DecidedItems } from '../sources/decide-items.ts';
import type { ItemInput } from '../sources/source-page.ts';
import { readItems } from '../storage/item-store.ts';
import { explainRow, explainUnchanged } from './explain-row.ts';
import type { RecordRow, RowsPage } from './read-rows.ts';
import type { RowOutcome } from './row-store.ts';
import { tell } from './survey-import.ts';

export interface RowContext {
  database: Database;
  model: CompiledModel;
  sheet: string;
  /** Nothing is written: an item that would be made is not there. */
  isCheck: boolean;
}

/** What the rows of a page ask of those who decide about records, and how their fates come of what was decided. */
export interface AskedRows {
  inputs: ItemInput[];
  outcomes(decided: Pick<DecidedItems, 'outcomes' | 'reconciled'>): RowOutcome[];
}

export const nothingDecided: Pick<DecidedItems, 'outcomes' | 'reconciled'> = { outcomes: [], reconciled: new Map() };

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** A check and an application ask in the same way. */
export async function askAboutRows(context: RowContext, page: RowsPage): Promise<AskedRows> {
  const { database, model, sheet } = context;
  const records = page.filter((one): one is RecordRow => 'record' in one);
  const ids = records.flatMap(({ record: { id } }) => (id !== undefined && uuid.test(id) ? [id.toLowerCase()] : []));
  const found = ids.length > 0 ? await readItems(database, sql`id = any(${ids}::uuid[])`) : [];
  const items = new Map(found.map((item) => [item.id, item]));
  const settled: RowOutcome[] = page.filter((one): one is RowOutcome => 'fate' in one);
  const asked: { row: RecordRow; input: ItemInput }[] = [];
  for (const row of records) {
    const { record, key } = row;
    const refuse = (finding: Finding) =>
      settled.push({
        row: row.row,
        fate: 'rejected',
        key,
        ...(record.name !== undefined && { name: record.name }),
        reasons: [tell({ ...finding, place: { sheet, row: row.row } }), ...row.notices],
        changes: [],
        kept: [],
      });
    if (record.id === undefined) {
      const { name = '', lookups = [], attributes } = record;
      asked.push({ row, input: { key, class: record.class, name, attributes: JSON.stringify(attributes), lookups, isPartial: true } });
      continue;
    }
    const item = items.get(record.id.toLowerCase());
    if (!item) {
      refuse(noSuchItem(record.id));
      continue;
    }
    // Whoever gives no class, or only that of the whole list, leaves the item what it is.
    const isWithin = model.isA(item.class, record.class);
    const known = leaveOutKnown(isWithin ? { ...record, class: item.class } : record, item, model.classes.get(item.class)?.attributes ?? new Map());
    if (!known.says) settled.push(explainUnchanged(row, item.id));
    else if (item.state === 'retired') refuse(outOfUse(item.name));
    else {
      const { name = '', lookups, attributes } = known;
      const input = { key, class: known.class, name, attributes: JSON.stringify(attributes), lookups, itemId: item.id, isPartial: true };
      asked.push({ row, input });
    }
  }
  return {
    inputs: asked.map(({ input }) => input),
    outcomes({ outcomes, reconciled }) {
      const explained = asked.flatMap(({ row, input }, index) => {
        const outcome = outcomes[index];
        return outcome ? [explainRow(row, input, outcome, reconciled.get(input.key), context)] : [];
      });
      return [...settled, ...explained].sort((one, other) => one.row - other.row);
    },
  };
}
