import { newUuid } from '../../../platform/clock/clock.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../../platform/postgres/test-database.ts';
import type { TicketState } from '../domain/ticket.ts';
import { openIncidentsAbout, plannedWithin } from './planned-tickets.ts';
import { insertTickets, readTickets } from './ticket-store.ts';

const hour = 3_600_000;
const start = Date.parse('2030-06-01T20:00:00Z');
const item = newUuid();

describe('tickets about an item, among many', () => {
  let database: TestDatabase;
  let serial = 0;
  const ticket = (more: Partial<TicketState>): TicketState => ({
    id: newUuid(),
    number: `T-${++serial}`,
    type: 'incident',
    lifecycle: 'incident',
    lifecycleVersion: 1,
    matrixVersion: 1,
    status: 'new',
    subject: 'Насос',
    impact: 'low',
    urgency: 'low',
    priority: 'low',
    items: [item],
    alertIds: [],
    takenOver: false,
    isOver: false,
    version: 1,
    createdAt: start,
    updatedAt: start,
    ...more,
  });
  /** The scans of the plan. */
  const planOf = async (where: Statement) =>
    (
      await database.query<{ 'QUERY PLAN': string }>(sql`explain select id from ticket where ${where} order by created_at desc, id desc limit 51`)
    ).flatMap((row) => / on (ticket\w*)|using (\w+)/.exec(row['QUERY PLAN'])?.slice(1).join('') ?? []);

  beforeAll(async () => {
    database = await openTestDatabase({ name: 'tickets', migrations: new URL('./migrations/', import.meta.url) });
    // An item that breaks every day: thousands of incidents that are over, and of changes that were carried out.
    const past = Array.from({ length: 6_000 }, (_, index) =>
      ticket({ isOver: true, ...(index % 3 === 0 && { type: 'change', plannedStart: start, plannedEnd: start + hour }) }),
    );
    const others = Array.from({ length: 6_000 }, () => ticket({ items: [] }));
    await database.commit({ statements: [insertTickets([...past, ...others])] });
    await database.query(sql`vacuum analyze ticket`);
  });
  afterAll(() => database.close());

  it('are found by indexes that hold only what is open, whatever was', async () => {
    const reached = [item, ...Array.from({ length: 4_999 }, () => newUuid())];
    expect(await planOf(plannedWithin({ plannedStart: start, plannedEnd: start + hour }, reached))).toEqual([
      'ticket',
      'ticket_planned_items',
      'ticket_pkey',
    ]);
    expect(await planOf(openIncidentsAbout([item]))).toEqual(['ticket', 'ticket_open_items', 'ticket_pkey']);
  });

  it('are those that are not over, and of changes those whose windows share a moment', async () => {
    const change = (from: number, to: number) => ticket({ type: 'change', plannedStart: start + from, plannedEnd: start + to });
    const [before, first, last, after] = [change(-hour, 0), change(-hour, 1), change(hour - 1, 2 * hour), change(hour, 2 * hour)];
    const incident = ticket({});
    await database.commit({ statements: [insertTickets([before, first, last, after, incident])] });
    const found = await readTickets(
      database,
      sql`${plannedWithin({ plannedStart: start, plannedEnd: start + hour }, [item])} order by planned_start`,
    );
    expect(found.map(({ id }) => id)).toEqual([first.id, last.id]);
    expect((await readTickets(database, openIncidentsAbout([newUuid(), item]))).map(({ id }) => id)).toEqual([incident.id]);
  });
});
