import type { Database } from '../postgres/database.ts';
import { exactly, type Statement, sql } from '../postgres/sql.ts';
import type { Timer } from './timers.ts';

export interface StoredTimer extends Timer {
  /** `due_at` as PostgreSQL prints it: only so does it compare as equal. */
  dueAt: string;
}

/** At most `limit` timers that are due at `until` (epoch milliseconds), earliest first, and the moment of the first one after them. */
export async function readDueTimers(
  database: Database,
  { until, limit, except, prefix }: { until: number; limit: number; except: readonly string[]; prefix: string },
): Promise<{ due: StoredTimer[]; next: number | undefined }> {
  const rows = await database.query<StoredTimer>(sql`
    select key, due_at::text as "dueAt", (extract(epoch from due_at) * 1000)::float8 as due from (
      (select key, due_at from timer where due_at <= to_timestamp(${until}::float8 / 1000) and key <> all(${except}::text[]) and starts_with(key, ${prefix})
        order by due_at limit ${limit}::int)
      union all
      (select key, due_at from timer where due_at > to_timestamp(${until}::float8 / 1000) order by due_at limit 1)) as t
    order by due_at`);
  const due = rows.filter((timer) => timer.due <= until);
  return { due, next: rows[due.length]?.due };
}

/** Removes timers with their effect; a conflict when one of them was moved, dropped or handled by somebody else meanwhile. */
export function removeTimers(timers: readonly StoredTimer[]): Statement {
  return exactly(
    timers.length,
    sql`delete from timer using unnest(${timers.map(({ key }) => key)}::text[], ${timers.map(({ dueAt }) => dueAt)}::timestamptz[]) as done(key, due_at)
      where timer.key = done.key and timer.due_at = done.due_at returning 1`,
  );
}
