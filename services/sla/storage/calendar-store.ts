import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { CalendarRules } from '../domain/calendar.ts';
import type { Pinned } from '../domain/clock.ts';

/** One version of a calendar. */
export interface CalendarState extends Pinned {
  name: string;
  rules: CalendarRules;
  createdAt: number;
  updatedAt: number;
  /** Name of who made this version. */
  updatedBy: string;
}

interface CalendarRow extends Pinned {
  name: string;
  rules: CalendarRules;
  created_at: Date;
  updated_at: Date;
  updated_by: string;
}

/** The newest version of each calendar that fits `where`. */
export async function readCalendars(database: Database, where: Statement): Promise<CalendarState[]> {
  const rows = await database.query<CalendarRow>(
    sql`select * from (select distinct on (id) * from calendar order by id, version desc) as newest where ${where}`,
  );
  return rows.map(toState);
}

/** These very versions. */
export async function readPinnedCalendars(database: Database, pinned: readonly Pinned[]): Promise<CalendarState[]> {
  const rows = await database.query<CalendarRow>(
    sql`select * from calendar where (id, version) in (
      select * from unnest(${pinned.map(({ id }) => id)}::uuid[], ${pinned.map(({ version }) => version)}::int[]))`,
  );
  return rows.map(toState);
}

/** Adds a version. Two that add the same one conflict: the key is id and version. */
export function insertCalendar({ id, version, name, rules, createdAt, updatedAt, updatedBy }: CalendarState): Statement {
  return sql`insert into calendar (id, version, name, rules, created_at, updated_at, updated_by)
    values (${id}, ${version}, ${name}, ${JSON.stringify(rules)}::jsonb, ${new Date(createdAt)}, ${new Date(updatedAt)}, ${updatedBy})`;
}

function toState({ created_at, updated_at, updated_by, ...row }: CalendarRow): CalendarState {
  return { ...row, createdAt: created_at.getTime(), updatedAt: updated_at.getTime(), updatedBy: updated_by };
}
