import type pg from 'pg';

/** Everything that an item or a relation is, was, or is told of; what only says how far a snapshot is does not count. */
const bookkeeping = ['run_seen', 'source_run', 'run_record', 'run_postponed', 'change_set', 'timer', 'source'];

export interface Writes {
  /** Rows inserted, updated and deleted, as PostgreSQL has counted them. */
  inventory: number;
  bookkeeping: number;
}

/** A backend tells its counts when a second has passed since it last did, and at the latest when it has been idle for ten. */
const untilTold = 11_000;

export async function countWrites(client: pg.Client): Promise<Writes> {
  await new Promise((resolve) => setTimeout(resolve, untilTold));
  const { rows } = await client.query<Writes>(
    `select coalesce(sum(n) filter (where relname <> all($1)), 0)::float8 as inventory, coalesce(sum(n) filter (where relname = any($1)), 0)::float8 as bookkeeping
      from (select relname, n_tup_ins + n_tup_upd + n_tup_del as n from pg_stat_user_tables where schemaname = 'cmdb') t`,
    [bookkeeping],
  );
  return rows[0] ?? { inventory: 0, bookkeeping: 0 };
}
