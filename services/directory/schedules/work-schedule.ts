import { workScheduleChanged } from '../../../generated/opora/directory/v1/events.ts';
import type { WorkSchedule } from '../../../generated/opora/directory/v1/schedules.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { checkSchedule } from '../domain/schedules/schedule.ts';
import { ordersByName } from '../records/declare.ts';
import type { Resource } from '../records/resource.ts';

export const workSchedule: Resource<WorkSchedule> = {
  kind: 'work_schedule',
  noun: 'a work schedule',
  fields: { name: 'text', timeZone: 'text', cycleStart: 'date', days: 'list', exceptions: 'list' },
  defaults: { days: [], exceptions: [] },
  sorts: ordersByName,
  filters: { active: (active: boolean) => sql`r.active = ${active}` },
  words: ({ name, timeZone }) => [name, timeZone],
  check: checkSchedule,
  references: () => [],
  announce: ({ id, active, version }, change) => workScheduleChanged({ workScheduleId: id, change, active, version }),
};
