import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { SlaEvent } from '../../generated/opora/sla/v1/events.ts';
import { type Calendar, type CreateDefinitionRequest, type Definition, SlaService } from '../../generated/opora/sla/v1/sla.ts';
import { commentAdded, ticketOpened, ticketTransitioned } from '../../generated/opora/tickets/v1/events.ts';
import type { NewEvent } from '../../platform/bus/event.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { embeddedEngines } from '../../platform/engines/embedded.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { openTestDatabases, type TestDatabase } from '../../platform/postgres/test-database.ts';
import type { CallOptions, Client, Principal } from '../../platform/rpc/call.ts';
import { defineService, type Parts } from '../../platform/service/define-service.ts';
import { type RunningHub, runServices } from '../../platform/service/run-services.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { sla } from './service.ts';

const manager: Principal = { kind: 'account', id: 'maria', name: 'Мария', permissions: ['sla.manage', 'sla.read'] };
const caller = (id: string): Principal => ({ kind: 'account', id, name: id, permissions: ['tickets.read_own'] });
const as = (principal: Principal): CallOptions => ({ deadline: Date.now() + 10_000, principal });
const workdays = (['monday', 'tuesday', 'wednesday', 'thursday', 'friday'] as const).map((weekday) => ({ weekday, from: '09:00', to: '17:00' }));

describe('the sla service', () => {
  let databases: TestDatabase[];
  let hub: RunningHub;
  let tail: { stop(): Promise<void> };
  let slaClient: Client<SlaService>;
  let announce: (...events: NewEvent[]) => Promise<void>;
  let told: SlaEvent[];
  let hear: ((event: SlaEvent) => void)[];

  beforeAll(async () => {
    let neighbour: Parts | undefined;
    const start = (parts: Parts) => {
      neighbour = parts;
      return {};
    };
    // Stands where the tickets service stands: it announces what that one announces.
    const tickets = defineService({ name: 'tickets', needs: ['sla'], config: z.object({}), start });
    databases = await openTestDatabases([sla, tickets]);
    const database = databases[0]?.admin;
    if (!database) throw new Error('There is no database.');
    const log = createLogger({ level: 'warn' });
    const engines = await embeddedEngines({ dataDir: '', database, clock: systemClock, newId: newUuid, log });
    hub = await runServices({
      services: [sla, tickets],
      engines,
      contract: loadContract(),
      configs: { sla: {}, tickets: {} },
      log,
      metrics: createMetrics(),
      announce: (text) => log.info(text),
    });
    const parts = neighbour as unknown as Parts;
    slaClient = parts.client(SlaService);
    announce = (...events) => parts.database.commit({ events });
    told = [];
    hear = [];
    tail = await parts.tail({
      sources: ['sla'],
      onEvent(event) {
        told.push(event as SlaEvent);
        for (const listener of hear) listener(event as SlaEvent);
      },
    });
  });
  afterAll(async () => {
    await tail.stop();
    await hub.stop();
    for (const database of databases.reverse()) await database.close();
  });

  /** Resolves with the first such event, past or to come. */
  const heard = (type: string, ticketId: string, kind = 'resolution') =>
    new Promise<{ event: SlaEvent; at: number }>((resolve) => {
      const listener = (event: SlaEvent) => {
        if (event.type === `opora.sla.v1.${type}` && event.key === ticketId && event.data.kind === kind) resolve({ event, at: Date.now() });
      };
      told.forEach(listener);
      hear.push(listener);
    });
  const openTicket = async (more: { serviceId?: string; callerId?: string; priority?: 'critical' | 'planning' } = {}) => {
    const ticketId = newUuid();
    const number = `INC-${ticketId.slice(-6)}`;
    await announce(
      ticketOpened({
        ticketId,
        number,
        type: 'incident',
        status: 'new',
        subject: 'Pump',
        impact: 'high',
        urgency: 'high',
        priority: 'critical',
        items: [],
        version: 1,
        ...more,
      }),
    );
    const move = (phase: 'active' | 'paused' | 'resolved', version: number) =>
      announce(
        ticketTransitioned({ ticketId, number, transition: 'step', before: 'one', after: 'other', phase, byPerson: true, items: [], version }),
      );
    return { ticketId, number, move };
  };
  const makeCalendar = (): Promise<Calendar> =>
    slaClient.createCalendar({ name: 'Смена', timeZone: 'Europe/Berlin', hours: workdays, holidays: [], exceptions: [] }, as(manager));
  const makeDefinition = async (more: Partial<CreateDefinitionRequest> = {}): Promise<Definition> => {
    const { id: calendarId } = await makeCalendar();
    const condition = `ticket.serviceId == "${randomUUID()}"`;
    return slaClient.createDefinition({ name: 'Особый договор', condition, rank: 1, resolutionTarget: 'PT8H30M', calendarId, ...more }, as(manager));
  };
  const roundTheClock = async () => {
    const { items } = await slaClient.listCalendars({}, as(manager));
    return items.find(({ name }) => name === 'Круглосуточно')?.id ?? '';
  };
  const refusal = async (attempt: Promise<unknown>) => {
    const error = await attempt.catch((caught: unknown) => caught);
    if (!isAppError(error)) throw new Error('It was not refused.');
    return { kind: error.kind, pointers: error.violations.map(({ pointer }) => pointer) };
  };

  describe('running clocks', () => {
    it('gives a new ticket its clocks, with the reason, and shows them by id and by number', async () => {
      const { ticketId, number } = await openTicket();
      await heard('ClockStarted', ticketId);
      const { items } = await slaClient.listTicketClocks({ id: number }, as(manager));
      expect(items.map(({ kind, state, target, version }) => ({ kind, state, target, version }))).toEqual([
        { kind: 'response', state: 'running', target: 'PT15M', version: 1 },
        { kind: 'resolution', state: 'running', target: 'PT4H', version: 1 },
      ]);
      expect(items[0]?.explanation).toMatch(/"Критичный приоритет" \(version 1\) is the first that matches: ticket\.priority == "critical"/);
      expect(items[0]?.history).toEqual([expect.objectContaining({ action: 'started', deadline: items[0]?.deadline })]);
      expect(await slaClient.listTicketClocks({ id: ticketId }, as(manager))).toMatchObject({
        items: [{ ticketNumber: number }, { ticketNumber: number }],
      });
    });

    it('announces warning and breach within a second of the moment', async () => {
      const serviceId = randomUUID();
      await makeDefinition({ condition: `ticket.serviceId == "${serviceId}"`, resolutionTarget: 'PT2S', calendarId: await roundTheClock() });
      const { ticketId } = await openTicket({ serviceId });
      const [warned, breached] = await Promise.all([heard('ClockWarned', ticketId), heard('ClockBreached', ticketId)]);
      for (const { event, at } of [warned, breached]) {
        const lateness = at - Date.parse(event.data.at);
        expect(lateness).toBeGreaterThanOrEqual(0);
        expect(lateness).toBeLessThan(1000);
      }
      expect(Date.parse(breached.event.data.at) - Date.parse(warned.event.data.at)).toBe(500);
    });

    it('does not announce a breach for a ticket that was resolved in time', async () => {
      const serviceId = randomUUID();
      await makeDefinition({ condition: `ticket.serviceId == "${serviceId}"`, resolutionTarget: 'PT2S', calendarId: await roundTheClock() });
      const [kept, broken] = [await openTicket({ serviceId }), await openTicket({ serviceId })];
      await kept.move('resolved', 2);
      await heard('ClockBreached', broken.ticketId);
      expect(told.filter(({ key }) => key === kept.ticketId).map(({ type }) => type)).toEqual(['opora.sla.v1.ClockStarted', 'opora.sla.v1.ClockMet']);
    });

    it('pauses and goes on with the ticket, and is answered by the first public answer', async () => {
      const { ticketId, number, move } = await openTicket();
      await announce(commentAdded({ ticketId, number, commentId: randomUUID(), authorId: 'ivan', internal: false, answersCaller: true }));
      await heard('ClockMet', ticketId, 'response');
      await move('paused', 2);
      await heard('ClockPaused', ticketId);
      const { items } = await slaClient.listClocks({ ticketId, state: 'paused' }, as(manager));
      expect(items).toMatchObject([{ kind: 'resolution', ticketNumber: number }]);
      expect(items[0]).not.toHaveProperty('deadline');
      await move('active', 3);
      expect((await heard('ClockResumed', ticketId)).event.data).toMatchObject({ version: 3 });
    });
  });

  describe('lists of clocks', () => {
    it('gives them soonest first, page by page, each once', async () => {
      const opened = await Promise.all(Array.from({ length: 5 }, () => openTicket({ callerId: 'pages' })));
      await Promise.all(opened.map(({ ticketId }) => heard('ClockStarted', ticketId)));
      const seen: string[] = [];
      const deadlines: string[] = [];
      let after: string | undefined;
      do {
        const page = await slaClient.listClocks({ limit: 3, state: 'running', ...(after !== undefined && { after }) }, as(caller('pages')));
        seen.push(...page.items.map(({ id }) => id));
        deadlines.push(...page.items.map(({ deadline = '' }) => deadline));
        after = page.next;
      } while (after !== undefined);
      expect(new Set(seen).size).toBe(10);
      expect(seen.length).toBe(10);
      expect(deadlines).toEqual([...deadlines].sort());
    });

    it('shows the clocks of one’s own tickets only to who may read no others', async () => {
      const [hers, his] = [await openTicket({ callerId: 'anna' }), await openTicket({ callerId: 'boris' })];
      await Promise.all([heard('ClockStarted', hers.ticketId), heard('ClockStarted', his.ticketId)]);
      const { items } = await slaClient.listClocks({}, as(caller('anna')));
      expect(new Set(items.map(({ ticketId }) => ticketId))).toEqual(new Set([hers.ticketId]));
      expect(await slaClient.listTicketClocks({ id: his.ticketId }, as(caller('anna')))).toEqual({ items: [] });
      expect((await slaClient.listTicketClocks({ id: his.number }, as(caller('boris')))).items).toHaveLength(2);
    });

    it('filters by deadline', async () => {
      const { ticketId } = await openTicket({ priority: 'planning' });
      await heard('ClockStarted', ticketId);
      const dueBefore = (hours: number) =>
        slaClient.listClocks({ ticketId, dueBefore: new Date(Date.now() + hours * 3_600_000).toISOString() }, as(manager));
      expect((await dueBefore(1)).items).toEqual([]);
      expect((await dueBefore(24 * 365)).items).toHaveLength(2);
    });

    it('goes on from a clock that has no deadline', async () => {
      const paused = await Promise.all(Array.from({ length: 3 }, () => openTicket({ callerId: 'waits' })));
      await Promise.all(paused.map(({ move }) => move('paused', 2)));
      await Promise.all(paused.map(({ ticketId }) => heard('ClockPaused', ticketId)));
      const first = await slaClient.listClocks({ limit: 2, state: 'paused' }, as(caller('waits')));
      const second = await slaClient.listClocks({ limit: 2, state: 'paused', after: first.next ?? '' }, as(caller('waits')));
      expect(new Set([...first.items, ...second.items].map(({ ticketId }) => ticketId)).size).toBe(3);
      expect(second).not.toHaveProperty('next');
    });

    it('refuses a cursor that it did not give', async () => {
      expect(await refusal(slaClient.listClocks({ after: 'forged' }, as(manager)))).toEqual({ kind: 'invalid_input', pointers: ['/after'] });
    });
  });

  describe('calendars and definitions', () => {
    it('begins with defaults that can be used', async () => {
      const { items } = await slaClient.listDefinitions({}, as(manager));
      expect(
        items.filter(({ rank }) => rank >= 100).map(({ name, responseTarget, resolutionTarget }) => [name, responseTarget, resolutionTarget]),
      ).toEqual([
        ['Критичный приоритет', 'PT15M', 'PT4H'],
        ['Высокий приоритет', 'PT1H', 'PT8H'],
        ['Средний приоритет', 'PT4H', 'PT24H'],
        ['Низкий приоритет', 'PT8H', 'PT40H'],
        ['Плановые работы', 'PT16H', 'PT80H'],
      ]);
    });

    it('replaces at the expected version, and not at any other', async () => {
      const made = await makeDefinition();
      const { id, name, condition, rank, calendarId } = made;
      const wanted = { id, name: `${name} 2`, condition, rank, calendarId, responseTarget: 'PT5M' };
      const changed = await slaClient.updateDefinition({ ...wanted, expectedVersion: 1 }, as(manager));
      expect(changed).toMatchObject({ version: 2, name: 'Особый договор 2', responseTarget: 'PT5M', createdAt: made.createdAt });
      expect(changed).not.toHaveProperty('resolutionTarget');
      expect(await refusal(slaClient.updateDefinition({ ...wanted, expectedVersion: 1 }, as(manager)))).toMatchObject({ kind: 'conflict' });
      expect(await slaClient.getDefinition({ id }, as(manager))).toEqual(changed);

      const calendar = await slaClient.getCalendar({ id: calendarId }, as(manager));
      const { createdAt: _, updatedAt: __, version, ...content } = calendar;
      const next = await slaClient.updateCalendar(
        { ...content, expectedVersion: version, holidays: [{ date: '2026-12-25', name: 'Рождество' }] },
        as(manager),
      );
      expect(next).toMatchObject({ version: 2, holidays: [{ date: '2026-12-25', name: 'Рождество' }] });
    });

    it('lets one of two that change the same version at once lose', async () => {
      const { id, name, condition, rank, calendarId, resolutionTarget = '' } = await makeDefinition();
      const change = () => slaClient.updateDefinition({ id, name, condition, rank, calendarId, resolutionTarget, expectedVersion: 1 }, as(manager));
      const outcomes = await Promise.allSettled([change(), change()]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    it('refuses a definition with everything that is wrong with it', async () => {
      const wrong = { name: 'x', condition: 'ticket.prioritty == 3', rank: 1, responseTarget: 'P1D', calendarId: randomUUID() };
      expect(await refusal(slaClient.createDefinition(wrong, as(manager)))).toEqual({
        kind: 'invalid_input',
        pointers: ['/responseTarget', '/condition', '/calendarId'],
      });
    });

    it('refuses a calendar in a zone that there is not', async () => {
      const wrong = { name: 'x', timeZone: 'Mars/Olympus', hours: workdays, holidays: [], exceptions: [] };
      expect(await refusal(slaClient.createCalendar(wrong, as(manager)))).toEqual({ kind: 'invalid_input', pointers: ['/timeZone'] });
    });

    it('is for those who may', async () => {
      const reader: Principal = { ...manager, permissions: ['sla.read'] };
      expect(
        await refusal(slaClient.createCalendar({ name: 'x', timeZone: 'UTC', hours: workdays, holidays: [], exceptions: [] }, as(reader))),
      ).toMatchObject({ kind: 'not_allowed' });
      expect(await refusal(slaClient.listDefinitions({}, as(caller('anna'))))).toMatchObject({ kind: 'not_allowed' });
    });

    it('says which definition a ticket would get, why, and when it would be due, also with a condition that is not saved', async () => {
      const ticket = { type: 'incident' as const, priority: 'critical' as const, items: [] };
      const answer = await slaClient.testDefinition({ ticket, at: '2026-06-06T10:00:00.000Z' }, as(manager));
      expect(answer).toMatchObject({
        definitionName: 'Критичный приоритет',
        responseDeadline: '2026-06-06T10:15:00.000Z',
        resolutionDeadline: '2026-06-06T14:00:00.000Z',
      });
      expect(answer.rules.filter(({ matches }) => matches).map(({ name }) => name)).toEqual(['Критичный приоритет']);
      const tried = await slaClient.testDefinition({ ticket, condition: 'ticket.type == "incident"' }, as(manager));
      expect(tried).not.toHaveProperty('definitionId');
      expect(tried.rules[0]).toMatchObject({ matches: true, condition: 'ticket.type == "incident"' });
      expect(await refusal(slaClient.testDefinition({ ticket, condition: 'nonsense' }, as(manager)))).toEqual({
        kind: 'invalid_input',
        pointers: ['/condition'],
      });
    });
  });
});
