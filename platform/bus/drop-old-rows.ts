import type { Database } from '../postgres/database.ts';
import { type Statement, sql } from '../postgres/sql.ts';

/** How long the platform keeps its own rows. */
export const kept = {
  /** An idempotency key gives its first answer again. */
  idempotency: '7 days',
  /** Longer than Kafka keeps what it could hand over again. */
  inbox: '30 days',
  /** A new subscription hears this much, if everybody else has heard it. */
  log: '7 days',
} as const;

const chunk = 1_000;

/**
 * Deletes in chunks, so that nobody waits for it. `heard`: place in `bus_log` up to which everybody has heard it; undefined leaves the log alone.
 * Gives the number of rows dropped from each table.
 */
export async function dropOldRows(
  database: Database,
  heard: number | undefined,
  isStopped: () => boolean = () => false,
): Promise<Record<string, number>> {
  const sweeps: Record<string, Statement> = {
    idempotency: sql`delete from idempotency where ctid = any(array(
      select ctid from idempotency where created_at < now() - ${kept.idempotency}::interval limit ${chunk}::int for update skip locked)) returning 1`,
    inbox: sql`delete from inbox where ctid = any(array(
      select ctid from inbox where handled_at < now() - ${kept.inbox}::interval limit ${chunk}::int for update skip locked)) returning 1`,
  };
  if (heard !== undefined) {
    // Positions and times rise together: only the oldest rows need a look.
    sweeps['bus_log'] = sql`delete from bus_log where pos = any(array(
      select pos from (select pos, appended_at from bus_log where pos <= ${heard}::bigint order by pos limit ${chunk}::int for update skip locked) oldest
      where appended_at < now() - ${kept.log}::interval)) returning 1`;
  }
  const dropped: Record<string, number> = {};
  for (const [table, sweep] of Object.entries(sweeps)) {
    let total = 0;
    for (let rows = chunk; rows === chunk && !isStopped(); total += rows) rows = (await database.query(sweep)).length;
    dropped[table] = total;
  }
  return dropped;
}
