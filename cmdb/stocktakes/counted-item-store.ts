import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Reason } from '../domain/identify/explain.ts';
import type { CountedItem, CountOutcome } from '../domain/stocktake/count-scan.ts';
import type { EditDecision, EditOutcome } from '../edits/edit.ts';

/** An item in a stocktake as it is kept. */
export interface KeptItem extends CountedItem {
  name: string;
  class: string;
  /** 0: it was not a part of the stocktake yet. */
  revision: number;
  fate?: EditOutcome;
  /** The version of the item on which its fate was decided. */
  version?: number;
  differences: EditDecision['differences'];
  reasons: Reason[];
  changedSince: boolean;
}

interface KeptRow {
  itemId: string;
  name: string;
  class: string;
  expected: boolean;
  keptAt: string | null;
  outcome: CountOutcome;
  place: string | null;
  condition: NonNullable<CountedItem['condition']> | null;
  scannedAt: Date | null;
  scannedBy: string | null;
  revision: number;
  fate: EditOutcome | null;
  version: number | null;
  differences: EditDecision['differences'] | null;
  reasons: Reason[] | null;
  changedSince: boolean;
}

/** Items of a stocktake that fit `where` (the table is `s`). */
export async function readKeptItems(database: Database, stocktakeId: string, where: Statement): Promise<KeptItem[]> {
  const rows =
    await database.query<KeptRow>(sql`select s.item_id as "itemId", i.name, i.class, s.expected, s.kept_at as "keptAt", s.outcome, s.place, s.condition,
      s.scanned_at as "scannedAt", s.scanned_by as "scannedBy", s.revision, s.fate, s.version, s.differences, s.reasons, s.changed_since as "changedSince"
    from stocktake_item s join item i on i.id = s.item_id where s.stocktake_id = ${stocktakeId} and ${where}`);
  return rows.map(({ keptAt, place, condition, scannedAt, scannedBy, fate, version, differences, reasons, ...row }) => ({
    ...row,
    ...(keptAt !== null && { keptAt }),
    ...(place !== null && { place }),
    ...(condition !== null && { condition }),
    ...(scannedAt !== null && { scannedAt: scannedAt.getTime() }),
    ...(scannedBy !== null && { scannedBy }),
    ...(fate !== null && { fate }),
    ...(version !== null && { version }),
    differences: differences ?? [],
    reasons: reasons ?? [],
  }));
}

/** Writes what was scanned of items, if that is still as it was read; of two who scan one item at once, one has a conflict. */
export function writeKeptItems(stocktakeId: string, items: readonly (CountedItem & { revision: number })[]): Statement[] {
  const rows = (some: readonly (CountedItem & { revision: number })[]) => {
    const all = some.map((item) => ({
      item_id: item.itemId,
      kept_at: item.keptAt,
      outcome: item.outcome,
      place: item.place,
      condition: item.condition,
      scanned_at: item.scannedAt === undefined ? undefined : new Date(item.scannedAt).toISOString(),
      scanned_by: item.scannedBy,
      revision: item.revision,
    }));
    return sql`json_to_recordset(${JSON.stringify(all)}::json) as n(item_id uuid, kept_at text, outcome text, place text, condition text,
      scanned_at timestamptz, scanned_by text, revision int)`;
  };
  const added = items.filter(({ revision }) => revision === 0);
  const changed = items.filter(({ revision }) => revision > 0);
  const statements: Statement[] = [];
  if (added.length > 0)
    statements.push(sql`insert into stocktake_item (stocktake_id, item_id, expected, kept_at, outcome, place, condition, scanned_at, scanned_by, revision)
      select ${stocktakeId}::uuid, item_id, false, kept_at, outcome, place, condition, scanned_at, scanned_by, 1 from ${rows(added)} order by item_id`);
  if (changed.length > 0)
    statements.push(
      exactly(
        changed.length,
        sql`update stocktake_item s set outcome = n.outcome, place = n.place, condition = n.condition, scanned_at = n.scanned_at, scanned_by = n.scanned_by,
            revision = s.revision + 1
          from ${rows(changed)} where s.stocktake_id = ${stocktakeId} and s.item_id = n.item_id and s.revision = n.revision returning 1`,
      ),
    );
  return statements;
}

export function writeFates(stocktakeId: string, decisions: readonly (EditDecision & { changedSince: boolean })[]): Statement {
  const rows = decisions.map(({ itemId, outcome, version, differences, reasons, changedSince }) => ({
    item_id: itemId,
    fate: outcome,
    version,
    differences,
    reasons,
    changed_since: changedSince,
  }));
  return exactly(
    rows.length,
    sql`update stocktake_item s set fate = n.fate, version = n.version, differences = n.differences, reasons = n.reasons, changed_since = n.changed_since
      from json_to_recordset(${JSON.stringify(rows)}::json) as n(item_id uuid, fate text, version int, differences jsonb, reasons jsonb, changed_since boolean)
      where s.stocktake_id = ${stocktakeId} and s.item_id = n.item_id returning 1`,
  );
}
