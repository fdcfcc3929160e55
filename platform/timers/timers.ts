import type { Changes } from '../postgres/database.ts';
import { type Statement, sql } from '../postgres/sql.ts';

/** A moment that a service wants to be told of, kept in its own schema (table `timer`) until its effect is written. */
export interface Timer {
  /** Unique in the service: setting a timer again moves it. */
  key: string;
  /** Epoch milliseconds. */
  due: number;
}

/** What a service does when timers are due: it returns what is to be written; the platform deletes the timers in the same commit. */
export interface Timers {
  handle(due: readonly Timer[], now: number): Promise<Changes>;
  /** Most timers in one call of `handle`; 1 000 unless told. */
  batch?: number;
  /** Told only of those whose keys begin so; unless told, of all. Those of one prefix do not wait for those of another. */
  prefix?: string;
  /** False: nothing that the service hears moves them, so they ring also while events cannot be heard. */
  heedsEvents?: boolean;
}

/** Sets (or moves) timers as part of a commit. */
export function setTimers(timers: readonly Timer[]): Statement {
  return sql`insert into timer (key, due_at)
    select key, to_timestamp(due / 1000.0) from unnest(${timers.map((timer) => timer.key)}::text[], ${timers.map((timer) => timer.due)}::float8[]) as t(key, due)
    on conflict (key) do update set due_at = excluded.due_at`;
}

export function dropTimers(keys: readonly string[]): Statement {
  return sql`delete from timer where key = any(${keys}::text[])`;
}
