import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { weekdays } from './domain/calendar.ts';
import { russianWorkingDays } from './domain/russian-working-days.ts';
import { type CalendarState, insertCalendar } from './storage/calendar-store.ts';
import { type DefinitionState, insertDefinition } from './storage/definition-store.ts';

const always = '01900000-0000-7000-8000-000000000001';
const workdays = '01900000-0000-7000-8000-000000000002';
const minute = 60_000;
const hour = 60 * minute;

const promises = [
  { priority: 'critical', name: 'Критичный приоритет', calendarId: always, targets: { response: 15 * minute, resolution: 4 * hour } },
  { priority: 'high', name: 'Высокий приоритет', calendarId: workdays, targets: { response: hour, resolution: 8 * hour } },
  { priority: 'moderate', name: 'Средний приоритет', calendarId: workdays, targets: { response: 4 * hour, resolution: 24 * hour } },
  { priority: 'low', name: 'Низкий приоритет', calendarId: workdays, targets: { response: 8 * hour, resolution: 40 * hour } },
  { priority: 'planning', name: 'Плановые работы', calendarId: workdays, targets: { response: 16 * hour, resolution: 80 * hour } },
];

/** Calendars and definitions to begin with, at the first start. Their ids are fixed, so that a second start, or a second process, adds nothing. */
export async function seedDefaults(database: Database, now: number): Promise<void> {
  const made = { version: 1, createdAt: now, updatedAt: now, updatedBy: 'Opora' };
  const year = new Date(now).getUTCFullYear();
  const roundTheClock = {
    timeZone: 'Europe/Moscow',
    hours: weekdays.map((weekday) => ({ weekday, from: '00:00', to: '24:00' })),
    holidays: [],
    exceptions: [],
  };
  const calendars: CalendarState[] = [
    { ...made, id: always, name: 'Круглосуточно', rules: roundTheClock },
    { ...made, id: workdays, name: 'Рабочие дни', rules: russianWorkingDays('Europe/Moscow', [year, year + 1]) },
  ];
  const definitions: DefinitionState[] = promises.map(({ priority, name, calendarId, targets }, index) => ({
    ...made,
    id: `01900000-0000-7000-8000-00000000001${index}`,
    name,
    condition: `ticket.priority == "${priority}"`,
    rank: (index + 1) * 100,
    targets,
    calendarId,
    active: true,
  }));
  const inserts = [...calendars.map(insertCalendar), ...definitions.map(insertDefinition)];
  await database.commit({ statements: inserts.map(unlessThere) });
}

function unlessThere(insert: Statement): Statement {
  return sql`${insert} on conflict do nothing`;
}
