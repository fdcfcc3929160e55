import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { AbsencePeriod } from '../domain/absences/deputies.ts';

interface PeriodRow {
  personId: string;
  startsAt: Date;
  endsAt: Date;
  deputyId: string | null;
}

/** Absences of which `where` is so and that were not called off. */
export async function readPeriods(database: Database, where: Statement): Promise<AbsencePeriod[]> {
  return toPeriods(
    await database.query<PeriodRow>(
      sql`select person_id as "personId", starts_at as "startsAt", ends_at as "endsAt", deputy_id as "deputyId" from absence
        where active and ${where} order by starts_at, id limit 1000`,
    ),
  );
}

/** The absences within a time of a person, of those who stand in for them, and so on. */
export async function readPeriodsOfDeputies(
  database: Database,
  personId: string,
  start: number,
  end: number,
  but?: string,
): Promise<AbsencePeriod[]> {
  const within = sql`a.active and a.starts_at < ${new Date(end)} and a.ends_at > ${new Date(start)} and a.id is distinct from ${but ?? null}::uuid`;
  return toPeriods(
    await database.query<PeriodRow>(
      sql`with recursive standing(id) as (
          select ${personId}::uuid union select a.deputy_id from standing s join absence a on a.person_id = s.id where a.deputy_id is not null and ${within})
        select a.person_id as "personId", a.starts_at as "startsAt", a.ends_at as "endsAt", a.deputy_id as "deputyId"
        from standing s join absence a on a.person_id = s.id where ${within} limit 1000`,
    ),
  );
}

/** A condition: the person is away at that moment. */
export function isAwayAt(person: Statement, at: number): Statement {
  const moment = new Date(at);
  return sql`exists (select 1 from absence away where away.person_id = ${person} and away.active and away.starts_at <= ${moment} and away.ends_at > ${moment})`;
}

function toPeriods(rows: readonly PeriodRow[]): AbsencePeriod[] {
  return rows.map(({ personId, startsAt, endsAt, deputyId }) => ({
    personId,
    start: startsAt.getTime(),
    end: endsAt.getTime(),
    ...(deputyId !== null && { deputyId }),
  }));
}
