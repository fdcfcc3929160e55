import type { Database } from '../../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../../platform/postgres/sql.ts';

/** Somebody whose manager, known to a system by this id, has not come yet. */
export interface AwaitedManager {
  personId: string;
  system: string;
  id: string;
}

/** Those who wait for one of these people. */
export async function readAwaiting(database: Database, references: readonly { system: string; id: string }[]): Promise<AwaitedManager[]> {
  return database.query(
    sql`select a.person_id as "personId", a.system, a.external_id as id from json_to_recordset(${JSON.stringify(references)}::json) as n(system text, id text)
      join awaited_manager a on a.system = n.system and a.external_id = n.id`,
  );
}

/** `settled` wait for nobody any more, `awaiting` for these from now on; nobody is in both. */
export function writeAwaited(settled: readonly string[], awaiting: readonly AwaitedManager[]): Statement[] {
  return [
    ...(settled.length > 0 ? [sql`delete from awaited_manager where person_id = any(${[...settled]}::uuid[])`] : []),
    ...(awaiting.length > 0
      ? [
          sql`insert into awaited_manager (person_id, system, external_id)
            select n."personId", n.system, n.id from json_to_recordset(${JSON.stringify(awaiting)}::json) as n("personId" uuid, system text, id text)
            on conflict (person_id) do update set system = excluded.system, external_id = excluded.external_id`,
        ]
      : []),
  ];
}
