import type {
  GetWorkingTimeRequest,
  ListOnShiftRequest,
  OnShiftList,
  WorkingTime,
  WorkSchedule,
} from '../../../generated/opora/directory/v1/schedules.ts';
import { decodeCursor, encodeCursor } from '../../../platform/keyset/cursor.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { plannedAnew, type Statement, sql } from '../../../platform/postgres/sql.ts';
import { isAwayAt, readPeriods } from '../absences/absence-store.ts';
import { nextWorkingMoment, type ScheduleRules, shiftAt } from '../domain/schedules/schedule.ts';
import { person } from '../people/person.ts';
import { readMoment } from '../records/read-moment.ts';
import { allOf, readRecords } from '../records/record-store.ts';
import { recordUseCases } from '../records/record-use-cases.ts';
import { workSchedule } from './work-schedule.ts';

/** Absences further ahead than this do not move the next working moment: nobody plans by it. */
const longestAhead = 800 * 86_400_000;

export function workingTimeUseCases(database: Database) {
  const people = recordUseCases(person, database);
  return {
    /** Schedules are few and are asked first; people on the shifts that are on are then a page of an index. */
    async listOnShift({ limit = 50, after, at, ...wanted }: ListOnShiftRequest, now: number): Promise<OnShiftList> {
      const moment = readMoment(at, '/at') ?? now;
      const schedules = await readRecords<WorkSchedule>(database, workSchedule, sql`r.active order by r.id`);
      const ends = new Map(schedules.flatMap((schedule) => endOf(schedule, moment)));
      const conditions: Statement[] = [sql`p.active`, sql`p.schedule_id = any(${[...ends.keys()]}::uuid[])`, sql`not ${isAwayAt(sql`p.id`, moment)}`];
      if (wanted.organizationId !== undefined) conditions.push(sql`p.organization_id = ${wanted.organizationId}`);
      if (wanted.siteId !== undefined) conditions.push(sql`p.site_id = ${wanted.siteId}`);
      if (wanted.teamId !== undefined) conditions.push(sql`p.id = any(array(select unnest(member_ids) from team where id = ${wanted.teamId}))`);
      if (wanted.skillId !== undefined) conditions.push(sql`p.skill_ids @> array[${wanted.skillId}::uuid] and p.skill_ids <> '{}'`);
      if (after !== undefined) {
        const [name, id] = decodeCursor(after, ['string', 'uuid'], 'name');
        conditions.push(sql`(p.sort_name, p.id) > (${name}::text, ${id}::uuid)`);
      }
      const found = await database.query<{ id: string; name: string; place: string; scheduleId: string }>(
        plannedAnew(
          sql`select p.id, p.name, p.sort_name as place, p.schedule_id as "scheduleId" from person p where ${allOf(conditions)} order by p.sort_name, p.id limit ${limit + 1}`,
        ),
      );
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const items = page.map(({ id, name, scheduleId }) => ({ personId: id, name, scheduleId, until: toText(ends.get(scheduleId) ?? moment) }));
      return { items, ...(found.length > limit && last && { next: encodeCursor([last.place, last.id], 'name') }) };
    },

    async getWorkingTime({ id, at }: GetWorkingTimeRequest, now: number): Promise<WorkingTime> {
      const moment = readMoment(at, '/at') ?? now;
      const { scheduleId, active } = await people.find(id);
      const [schedule] = scheduleId === undefined ? [] : await readRecords<WorkSchedule>(database, workSchedule, sql`r.id = ${scheduleId}`);
      const absences = await readPeriods(
        database,
        sql`person_id = ${id} and starts_at < ${new Date(moment + longestAhead)} and ends_at > ${new Date(moment)}`,
      );
      const away = absences.filter(({ start, end }) => start <= moment && moment < end).map(({ end }) => end);
      const awayUntil = away.length > 0 ? { awayUntil: toText(Math.max(...away)) } : {};
      if (!schedule || !active) return { working: false, ...awayUntil };
      const shift = shiftAt(schedule, moment);
      const next = nextWorkingMoment(schedule, moment, absences);
      return {
        working: shift !== undefined && away.length === 0,
        ...(shift && { until: toText(shift.end) }),
        ...awayUntil,
        ...(next !== undefined && { nextAt: toText(next) }),
      };
    },
  };
}

function endOf(schedule: ScheduleRules & { id: string }, at: number): [string, number][] {
  const shift = shiftAt(schedule, at);
  return shift ? [[schedule.id, shift.end]] : [];
}

function toText(moment: number): string {
  return new Date(moment).toISOString();
}
