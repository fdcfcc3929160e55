import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { ItemInput } from './source-page.ts';

/** Keeps records until their snapshot has named everything. */
export function postpone(runId: string, records: readonly ItemInput[]): Statement {
  const rows = records.map((record) => ({ key: record.key, record }));
  return sql`insert into run_postponed (run_id, key, record)
    select ${runId}::uuid, key, record from json_to_recordset(${JSON.stringify(rows)}::json) as n(key text, record jsonb) order by key
    on conflict (run_id, key) do update set record = excluded.record`;
}

export async function readPostponed(database: Database, runId: string, limit: number): Promise<ItemInput[]> {
  const rows = await database.query<{ record: ItemInput }>(
    sql`select record from run_postponed where run_id = ${runId} order by key limit ${limit}::int`,
  );
  return rows.map(({ record }) => record);
}

export function dropPostponed(runId: string, keys?: readonly string[]): Statement {
  return keys
    ? sql`delete from run_postponed where run_id = ${runId} and key = any(${keys}::text[])`
    : sql`delete from run_postponed where run_id = ${runId}`;
}
