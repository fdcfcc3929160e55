import type { Calendar, Clock, Definition, SlaService } from '../../generated/opora/sla/v1/sla.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { calendarUseCases } from './calendars.ts';
import { listClocks, listTicketClocks } from './clocks.ts';
import { definitionUseCases } from './definitions.ts';
import { type ClockEvent, elapsedAt } from './domain/clock.ts';
import { formatDuration } from './domain/duration.ts';
import type { CalendarState } from './storage/calendar-store.ts';
import type { TicketClock } from './storage/clock-store.ts';
import type { DefinitionState } from './storage/definition-store.ts';
import type { Rulebook } from './storage/rulebook.ts';
import { tryDefinitions } from './try-definitions.ts';

/** The contract's methods, each mapped to its use case and back. */
export function slaMethods(database: Database, rulebook: Rulebook): SlaService {
  const calendars = calendarUseCases(database);
  const definitions = definitionUseCases(database);

  /** Clocks as they stand at `now`. */
  async function toClocks(clocks: readonly TicketClock[], now: number): Promise<(Omit<Clock, 'history'> & { events: ClockEvent[] })[]> {
    const time = await rulebook.workingTimes(clocks.map(({ clock }) => clock.terms.calendar));
    return clocks.map(({ ticketId, ticketNumber, clock, history, updatedAt }) => ({
      id: `${ticketId}:${clock.kind}`,
      ticketId,
      ticketNumber,
      kind: clock.kind,
      state: clock.state,
      definitionId: clock.terms.definition.id,
      definitionVersion: clock.terms.definition.version,
      definitionName: clock.terms.definition.name,
      calendarId: clock.terms.calendar.id,
      calendarVersion: clock.terms.calendar.version,
      target: formatDuration(clock.terms.target),
      elapsed: formatDuration(elapsedAt(clock, now, time(clock.terms.calendar))),
      startedAt: toTime(clock.startedAt),
      ...optionalTimes(clock),
      explanation: clock.terms.explanation,
      version: clock.version,
      updatedAt: toTime(updatedAt),
      events: history,
    }));
  }

  return {
    createCalendar: ({ name, ...rules }, call) => calendars.create({ name, rules }, call, toCalendar),
    getCalendar: async ({ id }) => toCalendar(await calendars.find(id)),
    async listCalendars(request) {
      const { items, ...rest } = await calendars.list(request);
      return { items: items.map(toCalendar), ...rest };
    },
    updateCalendar: ({ id, expectedVersion, name, ...rules }, call) => calendars.replace(id, expectedVersion, { name, rules }, call, toCalendar),

    createDefinition: (request, call) => definitions.create(request, call, toDefinition),
    getDefinition: async ({ id }) => toDefinition(await definitions.find(id)),
    async listDefinitions(request) {
      const { items, ...rest } = await definitions.list(request);
      return { items: items.map(toDefinition), ...rest };
    },
    updateDefinition: ({ id, expectedVersion, ...written }, call) => definitions.replace(id, expectedVersion, written, call, toDefinition),
    testDefinition: (request, call) => tryDefinitions(rulebook, request, call.now),

    async listClocks(request, call) {
      const { clocks, ...rest } = await listClocks(database, request, call.principal);
      return { items: (await toClocks(clocks, call.now)).map(({ events: _, ...clock }) => ({ ...clock, history: [] })), ...rest };
    },
    async listTicketClocks({ id }, call) {
      const clocks = await toClocks(await listTicketClocks(database, id, call.principal), call.now);
      return { items: clocks.map(({ events, ...clock }) => ({ ...clock, history: events.map(toHistoryEntry) })) };
    },
  };
}

function toCalendar({ id, name, rules, version, createdAt, updatedAt }: CalendarState): Calendar {
  return {
    id,
    name,
    timeZone: rules.timeZone,
    hours: [...rules.hours],
    holidays: [...rules.holidays],
    exceptions: rules.exceptions.map(({ intervals, ...day }) => ({ ...day, intervals: [...intervals] })),
    version,
    createdAt: toTime(createdAt),
    updatedAt: toTime(updatedAt),
  };
}

function toDefinition({ targets, createdAt, updatedAt, updatedBy: _, ...definition }: DefinitionState): Definition {
  return {
    ...definition,
    ...(targets.response !== undefined && { responseTarget: formatDuration(targets.response) }),
    ...(targets.resolution !== undefined && { resolutionTarget: formatDuration(targets.resolution) }),
    createdAt: toTime(createdAt),
    updatedAt: toTime(updatedAt),
  };
}

function optionalTimes({ warnAt, deadline, warnedAt, breachedAt, endedAt }: TicketClock['clock']) {
  return {
    ...(warnAt !== undefined && { warnAt: toTime(warnAt) }),
    ...(deadline !== undefined && { deadline: toTime(deadline) }),
    ...(warnedAt !== undefined && { warnedAt: toTime(warnedAt) }),
    ...(breachedAt !== undefined && { breachedAt: toTime(breachedAt) }),
    ...(endedAt !== undefined && { endedAt: toTime(endedAt) }),
  };
}

function toHistoryEntry(event: ClockEvent): Clock['history'][number] {
  return {
    action: event.type,
    at: toTime(event.at),
    ...('deadline' in event && event.deadline !== undefined && { deadline: toTime(event.deadline) }),
    ...('terms' in event && { explanation: event.terms.explanation }),
  };
}

function toTime(moment: number): string {
  return new Date(moment).toISOString();
}
