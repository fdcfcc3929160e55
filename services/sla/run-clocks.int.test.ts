import { randomUUID } from 'node:crypto';
import type { Changes } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import type { TicketHeard } from './hear-ticket.ts';
import { ringClocks } from './ring-clocks.ts';
import { runClocks } from './run-clocks.ts';
import { seedDefaults } from './seed-defaults.ts';
import { openRulebook } from './storage/rulebook.ts';
import { readFollowedTickets } from './storage/ticket-store.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.parse('2026-06-01T06:00Z');

/** A ticket's events as the tickets service announces them; of critical priority, which has a response in 15 minutes and a resolution in 4 hours. */
function ticketEvents() {
  const ticketId = randomUUID();
  let version = 0;
  const event = (type: string, at: number, data: object) =>
    ({
      id: randomUUID(),
      source: 'tickets',
      key: ticketId,
      time: new Date(at).toISOString(),
      type: `opora.tickets.v1.${type}`,
      data: { ticketId, number: 'INC-1', ...data },
    }) as TicketHeard;
  const facts = { type: 'incident', status: 'new', subject: 'Pump', impact: 'high', urgency: 'high', callerId: 'anna' };
  return {
    ticketId,
    opened: (at: number, priority = 'critical') => event('TicketOpened', at, { ...facts, priority, items: [], version: ++version }),
    updated: (at: number, priority: string) => event('TicketUpdated', at, { ...facts, priority, version: ++version }),
    moved: (at: number, phase: string, byPerson = true) =>
      event('TicketTransitioned', at, { transition: 'step', before: 'one', after: 'other', phase, byPerson, version: ++version }),
    answered: (at: number) => event('CommentAdded', at, { commentId: randomUUID(), authorId: 'ivan', internal: false, answersCaller: true }),
  };
}

describe('the clocks of a running service', () => {
  let database: TestDatabase;
  let handle: (events: TicketHeard[], now: number) => Promise<Changes>;
  let ring: (now: number) => Promise<Changes>;

  beforeAll(async () => {
    database = await openTestDatabase({ name: 'sla', migrations: new URL('./storage/migrations/', import.meta.url) });
    await seedDefaults(database, start);
    const subscription = runClocks(database, openRulebook(database));
    const timers = ringClocks(database);
    handle = (events, now) =>
      subscription.handle(events, {
        now,
        newId: () => randomUUID(),
        within: () => ({ deadline: 0, principal: { kind: 'service', id: 'sla', name: 'sla', permissions: [] } }),
      });
    ring = async (now) => {
      const due = (await readTimers()).filter((timer) => timer.due <= now);
      const changes = await timers.handle(due, now);
      return {
        ...changes,
        statements: [...(changes.statements ?? []), sql`delete from timer where key = any(${due.map(({ key }) => key)}::text[])`],
      };
    };
  });
  beforeEach(() => database.query(sql`truncate ticket, clock, timer, outbox`));
  afterAll(() => database.close());

  const hear = async (events: TicketHeard[], now = Date.parse(events.at(-1)?.time ?? '')) => database.commit(await handle(events, now));
  const readTimers = async () =>
    (await database.query<{ key: string; due_at: Date }>(sql`select key, due_at from timer order by due_at, key`)).map(({ key, due_at }) => ({
      key,
      due: due_at.getTime(),
    }));
  const announced = async () =>
    (await database.query<{ type: string; kind: string }>(sql`select type, data ->> 'kind' as kind from outbox order by id`)).map(
      ({ type, kind }) => `${kind} ${type.replace('opora.sla.v1.Clock', '').toLowerCase()}`,
    );
  const clocksOf = async (ticketId: string) => (await readFollowedTickets(database, [ticketId])).get(ticketId)?.clocks;

  it('start with a timer each, at the moment of the warning', async () => {
    const ticket = ticketEvents();
    await hear([ticket.opened(start)]);
    expect(await announced()).toEqual(['response started', 'resolution started']);
    expect(await readTimers()).toEqual([
      { key: `${ticket.ticketId}:response:warn`, due: start + (15 * minute * 3) / 4 },
      { key: `${ticket.ticketId}:resolution:warn`, due: start + 3 * hour },
    ]);
  });

  it('are read from the database as they were folded in memory', async () => {
    const [one, other] = [ticketEvents(), ticketEvents()];
    await hear([
      one.opened(start),
      other.opened(start, 'low'),
      one.moved(start + minute, 'active'),
      other.answered(start + minute),
      one.moved(start + hour, 'paused'),
    ]);
    await hear([one.moved(start + 3 * hour, 'active'), other.updated(start + 2 * hour, 'critical')], start + 3 * hour);
    expect(await clocksOf(one.ticketId)).toMatchObject({
      response: { state: 'met', elapsed: minute, version: 2 },
      resolution: { state: 'running', elapsed: hour, deadline: start + 6 * hour, version: 3 },
    });
    expect(await clocksOf(other.ticketId)).toMatchObject({
      response: { state: 'met', terms: { target: 8 * hour } },
      resolution: { state: 'running', terms: { target: 4 * hour, definition: { name: 'Критичный приоритет' } }, version: 2 },
    });
  });

  it('lose their timers when the ticket pauses or is resolved, and get new ones when it goes on', async () => {
    const ticket = ticketEvents();
    await hear([ticket.opened(start), ticket.moved(start + minute, 'active')]);
    await hear([ticket.moved(start + hour, 'paused')]);
    expect(await readTimers()).toEqual([]);
    await hear([ticket.moved(start + 2 * hour, 'active')]);
    expect(await readTimers()).toEqual([{ key: `${ticket.ticketId}:resolution:warn`, due: start + 4 * hour }]);
    await hear([ticket.moved(start + 3 * hour, 'resolved')]);
    expect(await readTimers()).toEqual([]);
  });

  it('warn, and then breach, when their timers fire', async () => {
    const ticket = ticketEvents();
    await hear([ticket.opened(start), ticket.moved(start + minute, 'active')]);
    await database.query(sql`truncate outbox`);
    await database.commit(await ring(start + 3 * hour));
    expect(await announced()).toEqual(['resolution warned']);
    expect(await readTimers()).toEqual([{ key: `${ticket.ticketId}:resolution:breach`, due: start + 4 * hour }]);
    await database.commit(await ring(start + 4 * hour));
    expect(await announced()).toEqual(['resolution warned', 'resolution breached']);
    expect(await readTimers()).toEqual([]);
    expect(await clocksOf(ticket.ticketId)).toMatchObject({ resolution: { state: 'running', breachedAt: start + 4 * hour } });
  });

  it('announce nothing when a timer is out of date', async () => {
    const ticket = ticketEvents();
    await hear([ticket.opened(start), ticket.moved(start + minute, 'resolved')]);
    await database.query(
      sql`insert into timer (key, due_at) values (${`${ticket.ticketId}:resolution:breach`}, now()), (${`${randomUUID()}:response:warn`}, now())`,
    );
    expect(await ring(Date.now())).toMatchObject({ events: [] });
  });

  it('do nothing on a batch that comes again', async () => {
    const ticket = ticketEvents();
    const batch = [
      ticket.opened(start),
      ticket.moved(start + minute, 'paused'),
      ticket.answered(start + minute),
      ticket.moved(start + hour, 'active'),
    ];
    await hear(batch);
    const before = await clocksOf(ticket.ticketId);
    expect(await handle(batch, start + day)).toEqual({});
    expect(await clocksOf(ticket.ticketId)).toEqual(before);
  });

  it('wait for the rest of a history that is learnt late before they say that it was broken', async () => {
    const ticket = ticketEvents();
    const now = start + 30 * day;
    await hear([ticket.opened(start)], now);
    expect((await readTimers()).map(({ due }) => due)).toEqual([now + 10_000, now + 10_000]);
    await hear([ticket.moved(start + minute, 'resolved')], now + 50);
    expect(await announced()).toEqual(['response started', 'resolution started', 'response met', 'resolution met']);
    expect(await readTimers()).toEqual([]);
  });

  it('say that a late history was broken when nothing more comes', async () => {
    const ticket = ticketEvents();
    const now = start + 30 * day;
    await hear([ticket.opened(start)], now);
    await database.commit(await ring(now + 10_000));
    expect((await announced()).slice(2).sort()).toEqual(['resolution breached', 'resolution warned', 'response breached', 'response warned']);
    expect(await clocksOf(ticket.ticketId)).toMatchObject({ resolution: { breachedAt: start + 4 * hour } });
  });

  it('are decided once when an event and a timer meet: the second is a conflict and decides anew', async () => {
    const ticket = ticketEvents();
    await hear([ticket.opened(start), ticket.moved(start + minute, 'active')]);
    const rung = await ring(start + 3 * hour);
    const resolved = ticket.moved(start + 3 * hour + 1, 'resolved');
    await hear([resolved]);
    await expect(database.commit(rung)).rejects.toMatchObject({ kind: 'conflict' });
    expect(await ring(start + 3 * hour)).toMatchObject({ events: [] });
    expect((await announced()).filter((told) => told.startsWith('resolution'))).toEqual([
      'resolution started',
      'resolution warned',
      'resolution met',
    ]);
  });

  it('stay with the calendar and the definition that they began with', async () => {
    const ticket = ticketEvents();
    await hear([ticket.opened(start, 'high'), ticket.moved(start + minute, 'paused')]);
    await database.query(
      sql`insert into calendar select id, version + 1, name, jsonb_set(rules, '{hours}', '[{"weekday": "sunday", "from": "00:00", "to": "00:01"}]'), created_at, updated_at, updated_by from calendar`,
    );
    await database.query(
      sql`insert into definition select id, version + 1, name, condition, rank, 60000, 60000, calendar_id, active, created_at, updated_at, updated_by from definition`,
    );
    await hear([ticket.moved(start + hour, 'active')]);
    expect(await clocksOf(ticket.ticketId)).toMatchObject({
      resolution: { terms: { definition: { version: 1 }, calendar: { version: 1 } }, deadline: Date.parse('2026-06-02T09:59+03:00') },
    });
    const younger = ticketEvents();
    await hear([younger.opened(start + hour, 'high')]);
    expect(await clocksOf(younger.ticketId)).toMatchObject({
      resolution: { terms: { target: minute, definition: { version: 2 }, calendar: { version: 2 } } },
    });
  });
});
