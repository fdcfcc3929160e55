import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { HealthCounts } from '../domain/health/score.ts';

/** A measure of the whole inventory. */
export interface MeasureRun {
  id: string;
  /** `2026-06-30` (UTC) */
  day: string;
  status: 'running' | 'done';
  checked: number;
  total: number | null;
  startedAt: Date;
  finishedAt: Date | null;
}

export const firstId = '00000000-0000-0000-0000-000000000000';

async function readRuns(database: Database, where: Statement): Promise<MeasureRun[]> {
  return database.query<MeasureRun>(sql`select id, day::text, status, checked, total, started_at as "startedAt", finished_at as "finishedAt"
    from health_run where ${where}`);
}

export async function readRunning(database: Database): Promise<MeasureRun | undefined> {
  return (await readRuns(database, sql`status = 'running'`))[0];
}

export async function readLastDone(database: Database): Promise<MeasureRun | undefined> {
  return (await readRuns(database, sql`status = 'done' order by day desc, id desc limit 1`))[0];
}

export function insertRun({ id, day, startedAt }: Pick<MeasureRun, 'id' | 'day' | 'startedAt'>): Statement {
  return sql`insert into health_run (id, day, status, place, checked, started_at) values (${id}, ${day}::date, 'running', ${firstId}::uuid, 0, ${startedAt})`;
}

/** The run is what its day was: others of the day, and days before `oldest`, are forgotten. */
export function finishRun(id: string, day: string, oldest: string, now: number): Statement[] {
  const forgotten = sql`select id from health_run where id <> ${id} and (day = ${day}::date or day < ${oldest}::date)`;
  return [
    exactly(1, sql`update health_run set status = 'done', finished_at = ${new Date(now)} where id = ${id} and status = 'running' returning 1`),
    sql`delete from health_measure where run_id in (${forgotten})`,
    sql`delete from health_run where id in (${forgotten})`,
  ];
}

const counts = sql`sum(items)::int as items, sum(completeness) as completeness, sum(incomplete)::int as incomplete, sum(stale)::int as stale,
  sum(orphan)::int as orphan, sum(duplicate)::int as duplicate, sum(disposed)::int as disposed, sum(unauthorised)::int as unauthorised, sum(unowned)::int as unowned`;

/** Which part of a measure: classes, and one source; undefined: all. */
export interface Part {
  classes: readonly string[] | undefined;
  source: string | undefined;
}

function ofPart({ classes, source = '' }: Part): Statement {
  return classes === undefined ? sql`source = ${source}` : sql`source = ${source} and class = any(${classes}::text[])`;
}

export async function readByClass(database: Database, runId: string, part: Part): Promise<(HealthCounts & { class: string })[]> {
  return database.query(sql`select class, ${counts} from health_measure where run_id = ${runId} and ${ofPart(part)} group by class order by class`);
}

export async function readBySource(database: Database, runId: string, { classes, source }: Part): Promise<(HealthCounts & { source: string })[]> {
  const ofClasses = classes === undefined ? sql`true` : sql`class = any(${classes}::text[])`;
  const ofSource = source === undefined ? sql`source <> ''` : sql`source = ${source}`;
  return database.query(
    sql`select source, ${counts} from health_measure where run_id = ${runId} and ${ofClasses} and ${ofSource} group by source order by source`,
  );
}

export async function readByDay(
  database: Database,
  { from, to }: { from: string; to: string },
  part: Part,
): Promise<(HealthCounts & { day: string })[]> {
  return database.query(sql`select r.day::text, ${counts} from (select distinct on (day) day, id from health_run
      where status = 'done' and day between ${from}::date and ${to}::date order by day, id desc) r join health_measure m on m.run_id = r.id
    where ${ofPart(part)} group by r.day order by r.day`);
}
