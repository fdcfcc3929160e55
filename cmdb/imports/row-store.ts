import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Reason } from '../domain/identify/explain.ts';
import type { Label } from '../domain/model/model.ts';

export const rowFates = [
  'created',
  'updated',
  'unchanged',
  'duplicate_suspected',
  'class_change_proposed',
  'rejected',
  'repeated',
  'skipped',
] as const;
export type FateOfRow = (typeof rowFates)[number];

/** A value that a row changes, or that it would have changed. */
export interface RowChange {
  attribute: string;
  label: Label;
  before?: unknown;
  after?: unknown;
  source: string;
  right: string;
}

/** What becomes of a row, and why. */
export interface RowOutcome {
  row: number;
  fate: FateOfRow;
  itemId?: string;
  name?: string;
  key?: string;
  /** The earlier row that says the same item. */
  ofRow?: number;
  reasons: readonly Reason[];
  changes: readonly RowChange[];
  kept: readonly RowChange[];
}

export function keepRows(importId: string, pass: number, rows: readonly RowOutcome[]): Statement {
  const records = rows.map(({ row, fate, itemId, ...told }) => ({ row, fate, item_id: itemId, told }));
  return sql`insert into import_row (import_id, pass, row, fate, item_id, told)
    select ${importId}::uuid, ${pass}::int, row, fate, item_id, told
    from json_to_recordset(${JSON.stringify(records)}::json) as n(row int, fate text, item_id uuid, told jsonb) order by row`;
}

interface RowRecord {
  row: number;
  fate: FateOfRow;
  item_id: string | null;
  told: Omit<RowOutcome, 'row' | 'fate' | 'itemId'>;
}

export async function readRows(
  database: Database,
  { importId, pass, after, fate, limit }: { importId: string; pass: number; after: number; fate?: FateOfRow; limit: number },
): Promise<RowOutcome[]> {
  const ofFate = fate === undefined ? sql`` : sql`and fate = ${fate}`;
  const rows = await database.query<RowRecord>(sql`select row, fate, item_id, told from import_row
    where import_id = ${importId} and pass = ${pass}::int ${ofFate} and row > ${after}::int order by row limit ${limit}::int`);
  return rows.map(({ row, fate: one, item_id, told }) => ({ row, fate: one, ...(item_id !== null && { itemId: item_id }), ...told }));
}

/** What earlier passes came to; false when there is no more. */
export async function forgetRows(database: Database, importId: string, pass: number, most = 10_000): Promise<boolean> {
  const gone = await database.query<{ row: number }>(sql`delete from import_row where ctid = any(array(
    select ctid from import_row where import_id = ${importId} and pass < ${pass}::int limit ${most}::int)) returning row`);
  return gone.length === most;
}
