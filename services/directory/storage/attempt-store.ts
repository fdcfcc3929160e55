import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';
import { forgottenAfterMilliseconds, type Patience } from '../domain/pause.ts';

/** What is tried, and how often it may fail. */
export interface Attempt {
  kind: 'login' | 'address' | 'reset';
  name: string;
  patience: Patience;
}

/** How often it has failed, and until when it waits for that (epoch milliseconds). */
export interface AttemptState {
  kind: Attempt['kind'];
  name: string;
  failures: number;
  pausedUntil?: number;
}

/** The key of what is tried: the same whether or not it exists, in the letters of the database. */
export const keyOf = (kind: Statement, name: Statement): Statement => sql`sha256(convert_to(${kind} || ' ' || lower(${name}), 'UTF8'))`;

/** Counts it as a failure before it is made, so that a hundred at once do not slip through. A conflict when it has to wait. */
export function countAttempt({ kind, name, patience }: Attempt, now: number): Statement {
  const at = sql`${new Date(now)}::timestamptz`;
  const failures = sql`case when f.last_at < ${new Date(now - forgottenAfterMilliseconds)} then 1 else f.failures + 1 end`;
  const seconds = sql`least(${patience.longestPause}::float8, ${patience.firstPause}::float8 * 2 ^ least(${failures} - ${patience.failures}::int, 20))`;
  return exactly(
    1,
    sql`insert into attempt as f (key, failures, last_at) values (${keyOf(sql`${kind}::text`, sql`${name}::text`)}, 1, ${at})
      on conflict (key) do update set failures = ${failures}, last_at = ${at},
        paused_until = case when ${failures} >= ${patience.failures}::int then ${at} + ${seconds} * interval '1 second' end
      where f.paused_until is null or f.paused_until <= ${at} returning 1`,
  );
}

export async function readAttempts(database: Database, attempts: readonly Attempt[]): Promise<AttemptState[]> {
  const rows = await database.query<{ kind: Attempt['kind']; name: string; failures: number; paused_until: Date | null }>(
    sql`select a.kind, a.name, f.failures, f.paused_until from unnest(${attempts.map(({ kind }) => kind)}::text[], ${attempts.map(({ name }) => name)}::text[]) a(kind, name)
      join attempt f on f.key = ${keyOf(sql`a.kind`, sql`a.name`)}`,
  );
  return rows.map(({ paused_until, ...row }) => ({ ...row, ...(paused_until && { pausedUntil: paused_until.getTime() }) }));
}

/** All failures of it are forgotten. */
export function forgetAttempts({ kind, name }: Pick<Attempt, 'kind' | 'name'>): Statement {
  return sql`delete from attempt where key = ${keyOf(sql`${kind}::text`, sql`${name}::text`)}`;
}

/** One attempt that was counted was no failure. */
export function takeBackAttempt({ kind, name }: Pick<Attempt, 'kind' | 'name'>): Statement {
  return sql`update attempt set failures = greatest(failures - 1, 0), paused_until = null where key = ${keyOf(sql`${kind}::text`, sql`${name}::text`)}`;
}

/** Takes away what is forgotten, a little at a time. */
export function deleteOldAttempts(now: number): Statement {
  return sql`delete from attempt where key in (select key from attempt where last_at < ${new Date(now - forgottenAfterMilliseconds)} limit 100)`;
}
