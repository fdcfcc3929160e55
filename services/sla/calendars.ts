import { AppError } from '../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { type CalendarRules, findCalendarFaults } from './domain/calendar.ts';
import { type CalendarState, insertCalendar, readCalendars } from './storage/calendar-store.ts';

export interface CalendarContent {
  name: string;
  rules: CalendarRules;
}

export function calendarUseCases(database: Database) {
  async function find(id: string): Promise<CalendarState> {
    const [calendar] = await readCalendars(database, sql`id = ${id}`);
    if (!calendar) throw new AppError('not_found', `There is no calendar "${id}".`);
    return calendar;
  }

  return {
    find,

    async list({ limit = 50, after }: { limit?: number; after?: string }): Promise<{ items: CalendarState[]; next?: string }> {
      const [name, id] = after === undefined ? [] : decodeCursor(after, ['string', 'uuid'], 'name');
      const where = name === undefined ? sql`true` : sql`(name, id) > (${name}, ${id}::uuid)`;
      const rows = await readCalendars(database, sql`${where} order by name, id limit ${limit + 1}`);
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return { items, ...(rows.length > limit && last && { next: encodeCursor([last.name, last.id], 'name') }) };
    },

    async create<Answer>(content: CalendarContent, call: Call, answer: (calendar: CalendarState) => Answer): Promise<Answer> {
      check(content);
      const calendar = { ...content, id: call.newId(), version: 1, createdAt: call.now, updatedAt: call.now, updatedBy: call.principal.name };
      return call.commit({ statements: [insertCalendar(calendar)] }, answer(calendar));
    },

    async replace<Answer>(
      id: string,
      expectedVersion: number,
      content: CalendarContent,
      call: Call,
      answer: (calendar: CalendarState) => Answer,
    ): Promise<Answer> {
      check(content);
      const before = await find(id);
      expectVersion('calendar', before, expectedVersion);
      const calendar = { ...before, ...content, version: before.version + 1, updatedAt: call.now, updatedBy: call.principal.name };
      return call.commit({ statements: [insertCalendar(calendar)] }, answer(calendar));
    },
  };
}

function check({ rules }: CalendarContent): void {
  const violations = findCalendarFaults(rules);
  if (violations.length > 0) throw new AppError('invalid_input', 'The calendar cannot be used.', { violations });
}

/** Refuses a change of what somebody else changed meanwhile. 0 expects nothing. */
export function expectVersion(what: string, { version, name }: { version: number; name: string }, expected: number): void {
  if (expected !== 0 && version !== expected) {
    throw new AppError('conflict', `The ${what} "${name}" was changed meanwhile: it is at version ${version}, not ${expected}. Read it again.`);
  }
}
