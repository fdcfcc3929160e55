import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import type { Grant, Principal } from '../../platform/rpc/call.ts';
import { readPlan } from '../../tests/cmdb/read-plan.ts';
import type { TicketState } from './domain/ticket.ts';
import { ticketRights } from './rights.ts';
import { tickets as service } from './service.ts';
import { insertTickets, readTickets } from './storage/ticket-store.ts';

const rights = ticketRights(loadContract());
const [me, other, item, offering] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
const moment = Date.parse('2026-05-01T08:00:00Z');
const levels = ['high', 'medium', 'low'] as const;

const someTicket = fc.record(
  {
    type: fc.constantFrom('incident' as const, 'change' as const, 'task' as const),
    status: fc.constantFrom('new', 'closed'),
    impact: fc.constantFrom(...levels),
    urgency: fc.constantFrom(...levels),
    priority: fc.constantFrom('high' as const, 'low' as const),
    items: fc.subarray([item, other]),
    createdAt: fc.constantFrom(moment, moment + 1),
    callerId: fc.constantFrom(me, other),
    assigneeId: fc.constantFrom(me, other),
    serviceId: fc.constantFrom(offering, other),
    externalReference: fc.uuid().map((id) => ({ system: id < '8' ? '1c' : 'jira', id })),
    raiseKey: fc.uuid(),
    plannedStart: fc.constant(moment),
    plannedEnd: fc.constantFrom(moment + 1, moment + 2),
  },
  { requiredKeys: ['type', 'status', 'impact', 'urgency', 'priority', 'items', 'createdAt'] },
);

const comparison = fc.constantFrom(
  'ticket.type == "incident"',
  'ticket.status != "closed"',
  'ticket.impact in ["high", "low"]',
  'ticket.urgency >= "low"',
  'ticket.priority.startsWith("h")',
  'ticket.callerId == me.id',
  'ticket.assigneeId != me.id',
  'ticket.assigneeId in me.teamIds',
  `ticket.serviceId == "${offering}"`,
  'ticket.serviceId == "none"',
  `"${item}" in ticket.items`,
  'size(ticket.items) > 1',
  'has(ticket.externalSystem)',
  'ticket.externalSystem == "1c"',
  'ticket.origin == "monitoring"',
  'has(ticket.origin)',
  'ticket.createdAt > timestamp("2026-05-01T08:00:00Z")',
  'ticket.plannedEnd <= timestamp("2026-05-01T08:00:00.001Z")',
  '"boss" in me.roles',
  'me.organizationId == "a"',
);
const someCondition = fc.letrec<{ one: string }>((tie) => ({
  one: fc.oneof(
    { depthSize: 'small' },
    comparison,
    fc.tuple(tie('one'), fc.constantFrom('&&', '||'), tie('one')).map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    tie('one').map((inner) => `!(${inner})`),
  ),
})).one;

const reader = (conditions: readonly string[], permissions: string[] = []): Principal => ({
  kind: 'account',
  id: me,
  name: 'me',
  permissions,
  grants: conditions.map((condition): Grant => ({ permission: 'tickets.read', where: {}, condition })),
  about: { roles: ['boss'], teamIds: [other] },
});

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase({ name: 'tickets', ...(service.migrations && { migrations: service.migrations }) });
});
afterAll(() => database.close());

describe('rights on tickets', () => {
  it('are the same in the query and for a ticket at hand, whatever the condition says and whatever the ticket has in it', async () => {
    const made = fc.sample(someTicket, { numRuns: 120, seed: 4 }).map(
      (one, index): TicketState => ({
        id: randomUUID(),
        number: `T-${index}`,
        subject: 'x',
        lifecycle: 'incident',
        lifecycleVersion: 1,
        matrixVersion: 1,
        alertIds: [],
        takenOver: false,
        isOver: false,
        version: 1,
        updatedAt: moment,
        ...one,
      }),
    );
    await database.commit({ statements: [insertTickets(made)] });
    const seen = { some: 0, none: 0 };
    for (const conditions of fc.sample(fc.array(someCondition, { minLength: 1, maxLength: 3 }), { numRuns: 120, seed: 6 })) {
      const principal = reader(conditions, conditions.length === 3 ? ['tickets.read_own'] : []);
      const found = await readTickets(database, sql`${rights.visible(principal)}`);
      const expected = made.filter(
        (ticket) =>
          rights.guard.judge(principal, 'tickets.read', { ...ticket, ...factsFor(ticket) }) !== undefined ||
          (conditions.length === 3 && ticket.callerId === me),
      );
      expect({ conditions, found: found.map(({ number }) => number).sort() }).toEqual({
        conditions,
        found: expected.map(({ number }) => number).sort(),
      });
      seen[found.length === 0 ? 'none' : 'some'] += 1;
    }
    expect(seen.some).toBeGreaterThan(50);
  });

  it('of thirty grants leave a page its index: it reads some more rows than it shows, and not the table', async () => {
    await database.query(sql`insert into ticket (id, number, type, lifecycle_version, status, subject, impact, urgency, priority, items, alert_ids, taken_over, version,
        created_at, updated_at)
      select gen_random_uuid(), 'P-' || n, (array['incident', 'request', 'task'])[1 + n % 3], 1, 's' || n % 10, 'x', 'low', 'low', 'low', '{}', '{}', false, 1,
        ${new Date(moment + 1000)}::timestamptz + n * interval '1 s', now() from generate_series(1, 5000) n`);
    await database.query(sql`analyze ticket`);
    const conditions = Array.from(
      { length: 30 },
      (_, index) => `ticket.type == "${index % 2 ? 'incident' : 'task'}" && ticket.status == "s${index % 10}" && has(ticket.createdAt)`,
    );
    const visible = rights.visible(reader(conditions));
    const reads = await readPlan(database, sql`select id from ticket where ${visible} order by created_at desc, id desc limit 51`);
    expect(reads.map(({ index }) => index)).toEqual(['ticket_created']);
    expect(reads[0]?.rows).toBeLessThan(500);
    expect(visible.strings.length).toBeGreaterThan(60);
  });

  it('hold for nobody by a grant that is not understood', async () => {
    const grant: Grant = { permission: 'tickets.read', where: {}, condition: 'ticket.colour == "red"' };
    for (const odd of [grant, { ...grant, condition: 'true', where: { site: ['N'] } }, { permission: 'tickets.read', where: {} }]) {
      const principal = { ...reader([]), grants: [odd] };
      expect(await readTickets(database, rights.visible(principal))).toEqual([]);
    }
  });
});

/** Moments as the facts of events have them. */
function factsFor({ createdAt, plannedStart, plannedEnd, externalReference, raiseKey }: TicketState): object {
  const at = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());
  return {
    createdAt: at(createdAt),
    plannedStart: at(plannedStart),
    plannedEnd: at(plannedEnd),
    externalSystem: externalReference?.system,
    ...(raiseKey !== undefined && { origin: 'monitoring' }),
  };
}
