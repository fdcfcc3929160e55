import { randomUUID } from 'node:crypto';
import { cmdb } from '../../cmdb/service.ts';
import { CmdbService } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { type Ticket, TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { CallOptions, Client, Principal } from '../../platform/rpc/call.ts';
import { catalog } from '../../services/catalog/service.ts';
import { tickets } from '../../services/tickets/service.ts';
import { eventually } from '../mesh/api.ts';
import { type Neighbours, openNeighbours } from './open-neighbours.ts';

const admin: Principal = { kind: 'account', id: 'admin', name: 'admin', permissions: ['*'] };
const as = (principal: Principal): CallOptions => ({ deadline: Date.now() + 15_000, principal });
const options = () => as(admin);
const seeing = (organisation: string): Principal => ({
  kind: 'account',
  id: randomUUID(),
  name: organisation,
  permissions: ['tickets.read', 'tickets.work'],
  grants: [{ permission: 'cmdb.read', where: { organisation: [organisation] } }],
});

describe('the impact that the CMDB reckons of a ticket', () => {
  let opened: Awaited<ReturnType<typeof openNeighbours>>;
  let hub: Neighbours;
  let desk: Client<TicketService>;
  let items: Client<CmdbService>;

  const begin = async () => {
    hub = await opened.run();
    desk = hub.client(TicketService);
    items = hub.client(CmdbService);
  };
  beforeAll(async () => {
    opened = await openNeighbours([tickets, cmdb, catalog]);
    await begin();
  });
  afterAll(async () => {
    await hub.stop();
    await opened.close();
  });

  const make = async (itemClass: string, name: string, attributes: object = {}) =>
    (await items.createItem({ class: itemClass, name, lookups: [], attributes: JSON.stringify(attributes) }, options())).id;
  const relate = (type: string, fromId: string, toId: string) => items.createRelation({ type, fromId, toId }, options());

  /** A server, an application on it and two offerings that consume that: one of the organisation North, one of South. */
  async function makeBilling() {
    const word = randomUUID();
    const server = await make('server', `db ${word}`, { organisation: 'North' });
    const instance = await make('application_service', `app ${word}`, { organisation: 'North' });
    const north = await make('service_offering', `north ${word}`, { organisation: 'North', criticality: 'low' });
    const south = await make('service_offering', `south ${word}`, { organisation: 'South', criticality: 'critical' });
    await relate('runs_on', instance, server);
    await relate('consumes', north, instance);
    await relate('consumes', south, instance);
    return { word, server, instance, north, south };
  }
  const open = (ids: string[], more: object = {}) => desk.createTicket({ type: 'incident', subject: 'Авария', items: ids, ...more }, options());
  const computed = (id: string, isIt: (impact: NonNullable<Ticket['computedImpact']>) => boolean = () => true) =>
    eventually(async () => {
      const { computedImpact } = await desk.getTicket({ id }, options());
      return computedImpact && isIt(computedImpact) && computedImpact;
    });
  const entriesOf = async (id: string) => (await desk.listHistory({ id }, options())).items.filter(({ action }) => action === 'impact_computed');
  const dataOf = async (id: string) =>
    (await opened.databases[0]?.query<{ type: string; data: Record<string, unknown> }>(
      sql`select type, data from bus_log where key = ${id} order by pos`,
    )) ?? [];
  const eventsOf = async (id: string) => (await dataOf(id)).flatMap(({ type, data }) => (type === 'opora.tickets.v1.ImpactComputed' ? [data] : []));

  it('stands beside what people say: figures, the most important services first, and the way to each', async () => {
    const { word, server, instance, north, south } = await makeBilling();
    const ticket = await open([server], { impact: 'low' });
    expect(ticket.computedImpact).toBeUndefined();
    const impact = await computed(ticket.id);
    expect(impact).toMatchObject({
      items: 1,
      total: 3,
      serviceTotal: 3,
      hiddenServices: 0,
      truncated: false,
      servedBy: expect.stringMatching(/^(memory|records)$/),
      namesUnavailable: false,
    });
    expect(impact.classes).toEqual([
      { class: 'service_offering', count: 2 },
      { class: 'application_service', count: 1 },
    ]);
    expect(impact.services.map(({ id, kind, distance }) => ({ id, kind, distance }))).toEqual([
      { id: south, kind: 'offering', distance: 2 },
      { id: north, kind: 'offering', distance: 2 },
      { id: instance, kind: 'instance', distance: 1 },
    ]);
    expect(impact.services[0]).toMatchObject({ name: `south ${word}`, way: `db ${word} → (runs_on) app ${word} → (consumes) south ${word}` });
    expect(await desk.getTicket({ id: ticket.id }, options())).toMatchObject({ impact: 'low', priority: ticket.priority, version: 1 });
    expect(await entriesOf(ticket.id)).toMatchObject([
      { actorId: 'tickets', explanation: expect.stringContaining('break with them: 3, at risk: 0') },
    ]);
    await eventually(async () => (await eventsOf(ticket.id)).length === 1);
    expect(await eventsOf(ticket.id)).toMatchObject([{ number: ticket.number, items: 1, total: 3, serviceTotal: 3 }]);
    const listed = (await desk.listTickets({ itemId: server }, options())).items;
    expect(listed.map(({ id, computedImpact }) => [id, computedImpact])).toEqual([[ticket.id, undefined]]);
  });

  it('takes all items of a ticket as down together: one node of a cluster puts it at risk, two break it and what people use', async () => {
    const word = randomUUID();
    const nodes = await Promise.all([1, 2, 3].map((node) => make('server', `node ${node} ${word}`)));
    const cluster = await make('cluster', `cluster ${word}`, { redundancy: ['runs_on:2'] });
    const app = await make('application_service', `app ${word}`, { userCount: 120, sla: 'SLA-7' });
    for (const node of nodes) await relate('runs_on', cluster, node);
    await relate('runs_on', app, cluster);
    const one = await open(nodes.slice(0, 1));
    expect(await computed(one.id)).toMatchObject({ total: 0, atRisk: 1, users: 0, serviceTotal: 0, classes: [{ class: 'cluster', count: 1 }] });
    const two = await open(nodes.slice(0, 2));
    const impact = await computed(two.id);
    expect(impact).toMatchObject({ total: 2, atRisk: 0, users: 120, services: [{ id: app, state: 'broken' }] });
  });

  it('names only what the reader may see in the CMDB, and says how much is hidden', async () => {
    const { word, server, north, south } = await makeBilling();
    const { id } = await open([server]);
    await computed(id);
    const seen = async (principal: Principal) => (await desk.getTicket({ id }, as(principal))).computedImpact;
    const northern = await seen(seeing('North'));
    expect(northern).toMatchObject({ total: 3, serviceTotal: 3, hiddenServices: 1 });
    expect(northern?.services.map((service) => service.id)).toContain(north);
    expect(JSON.stringify(northern)).not.toContain(`south ${word}`);
    expect(JSON.stringify(northern)).not.toContain(south);
    const southern = await seen(seeing('South'));
    expect(southern?.services).toMatchObject([{ id: south, way: `… → (runs_on) … → (consumes) south ${word}` }]);
    expect(southern?.hiddenServices).toBe(2);
    const blind = await seen({ ...admin, id: randomUUID(), permissions: ['tickets.read'] });
    expect(blind).toMatchObject({ total: 3, services: [], hiddenServices: 3, namesUnavailable: false });
  });

  it('follows the items of the ticket, and is gone with the last of them', async () => {
    const [one, other] = [await makeBilling(), await makeBilling()];
    const { id } = await open([one.server]);
    await computed(id);
    const both = await desk.updateTicket({ id, expectedVersion: 1, items: { add: [other.server, one.server], remove: [] } }, options());
    expect(both).toMatchObject({ items: [one.server, other.server], version: 2 });
    await computed(id, ({ items: known, total }) => known === 2 && total === 6);
    await desk.updateTicket({ id, expectedVersion: 2, items: { add: [other.instance], remove: [one.server, other.server] } }, options());
    await computed(id, ({ total }) => total === 2);
    const history = (await desk.listHistory({ id }, options())).items;
    expect(history.flatMap(({ changes }) => changes.filter(({ field }) => field === 'items'))).toEqual([
      { field: 'items', before: one.server, after: `${one.server}, ${other.server}` },
      { field: 'items', before: `${one.server}, ${other.server}`, after: other.instance },
    ]);
    await desk.updateTicket({ id, expectedVersion: 3, items: { add: [], remove: [other.instance] } }, options());
    await eventually(async () => (await opened.databases[0]?.query(sql`select 1 from computed_impact where ticket_id = ${id}`))?.length === 0);
    expect((await desk.getTicket({ id }, options())).computedImpact).toBeUndefined();
    expect(await entriesOf(id)).toHaveLength(3);
  });

  it('leaves the items alone when an older client sends a patch without them, and refuses a patch at an old version', async () => {
    const { server } = await makeBilling();
    const { id } = await open([server]);
    expect(await desk.updateTicket({ id, expectedVersion: 1, subject: 'Иначе' }, options())).toMatchObject({ items: [server] });
    const late = desk.updateTicket({ id, expectedVersion: 1, items: { add: [], remove: [server] } }, options());
    await expect(late).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('is the one of the newest items, whoever changes them how often, and each computation is told once', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(makeBilling));
    const { id } = await open([all[0]?.server ?? '']);
    for (const [index, { server }] of all.entries())
      if (index > 0) await desk.updateTicket({ id, expectedVersion: 0, items: { add: [server], remove: [] } }, options());
    await computed(id, ({ items: known, total }) => known === 4 && total === 12);
    await eventually(async () => (await opened.databases[0]?.query(sql`select 1 from timer where key = ${`impact:${id}`}`))?.length === 0);
    const told = (await entriesOf(id)).length;
    await eventually(async () => (await eventsOf(id)).length === told);
    expect(told).toBeLessThanOrEqual(4);
  });

  it('counts hundreds of items and keeps twenty', async () => {
    const server = await make('server', `host ${randomUUID()}`);
    const records = Array.from({ length: 320 }, (_, index) => ({
      key: `${server}-${index}`,
      class: 'application_service',
      name: `app ${index}`,
      lookups: [],
    }));
    await items.upsertItems(
      { source: 'vcenter', items: [...records, { key: server, class: 'server', name: `twin ${server}`, lookups: [] }] },
      options(),
    );
    const { outcomes } = await items.upsertRelations(
      { source: 'vcenter', relations: records.map(({ key }) => ({ type: 'runs_on', fromKey: key, toKey: server })) },
      options(),
    );
    expect(outcomes).toHaveLength(320);
    const found = await items.listItems({ source: 'vcenter', key: server, where: [] }, options());
    const { id } = await open([found.items[0]?.id ?? '']);
    const impact = await computed(id);
    expect(impact).toMatchObject({ total: 320, serviceTotal: 320, classes: [{ class: 'application_service', count: 320 }] });
    expect(impact.services).toHaveLength(20);
  });

  it('is computed anew when somebody asks, as an entry and an event of its own', async () => {
    const { server, instance } = await makeBilling();
    const { id } = await open([server]);
    await computed(id);
    const cache = await make('service_offering', `cache ${randomUUID()}`);
    await relate('consumes', cache, instance);
    expect((await desk.getTicket({ id }, options())).computedImpact?.total).toBe(3);
    expect(await desk.computeImpact({ id }, options())).toMatchObject({ total: 4, serviceTotal: 4 });
    expect((await desk.getTicket({ id }, options())).computedImpact?.total).toBe(4);
    expect((await entriesOf(id)).map(({ actorId }) => actorId)).toEqual(['tickets', 'admin']);
    await eventually(async () => (await eventsOf(id)).length === 2);
    const bare = await open([]);
    await expect(desk.computeImpact({ id: bare.id }, options())).rejects.toMatchObject({ kind: 'illegal_state' });
    await expect(desk.computeImpact({ id }, as({ ...admin, permissions: ['tickets.read'] }))).rejects.toMatchObject({ kind: 'not_allowed' });
  });

  it('knows nothing of items that the CMDB does not know or that are out of use', async () => {
    const { server } = await makeBilling();
    await items.retireItem({ id: server, expectedVersion: 1 }, options());
    const { id } = await open([server, randomUUID()]);
    expect(await computed(id)).toMatchObject({ items: 0, total: 0, services: [] });
  });

  it('refuses items and windows that cannot be, naming the field', async () => {
    const { id } = await open([]);
    const pointers = async (asked: Promise<unknown>) => {
      const refusal = await asked.catch((error: unknown) => error);
      if (!isAppError(refusal, 'invalid_input')) throw refusal;
      return refusal.violations.map(({ pointer }) => pointer);
    };
    const one = randomUUID();
    const many = (count: number) => Array.from({ length: count }, () => randomUUID());
    expect(await pointers(desk.updateTicket({ id, expectedVersion: 1, items: { add: [one], remove: [one] } }, options()))).toEqual([
      '/items/remove/0',
    ]);
    await desk.updateTicket({ id, expectedVersion: 1, items: { add: many(60), remove: [] } }, options());
    expect(await pointers(desk.updateTicket({ id, expectedVersion: 2, items: { add: many(41), remove: [] } }, options()))).toEqual(['/items/add']);
    expect(await pointers(desk.updateTicket({ id, expectedVersion: 2, items: { add: ['pump'], remove: [] } }, options()))).toEqual(['/items/add/0']);
    const window = { plannedStart: '2026-12-01T20:00:00Z', plannedEnd: '2026-12-01T22:00:00Z' };
    expect(await pointers(open([], window))).toEqual(['/plannedStart', '/plannedEnd']);
    expect(await pointers(desk.updateTicket({ id, expectedVersion: 2, ...window }, options()))).toEqual(['/plannedStart', '/plannedEnd']);
    expect(await pointers(open([], { type: 'change', plannedStart: window.plannedStart }))).toEqual(['/plannedEnd']);
    expect(await pointers(open([], { type: 'change', ...window, plannedEnd: window.plannedStart }))).toEqual(['/plannedEnd']);
    expect(await pointers(open([], { type: 'change', ...window, plannedEnd: 'tomorrow' }))).toEqual(['/plannedEnd']);
  });

  it('keeps the window of a change, moves it at its version, tells of it and takes it away', async () => {
    const window = { plannedStart: '2026-12-01T23:00:00+03:00', plannedEnd: '2026-12-01T22:00:00Z' };
    const change = await open([], { type: 'change', ...window });
    expect(change).toMatchObject({ plannedStart: '2026-12-01T20:00:00.000Z', plannedEnd: '2026-12-01T22:00:00.000Z' });
    const { id } = change;
    const moved = await desk.updateTicket({ id, expectedVersion: 1, plannedEnd: '2026-12-01T23:00:00Z' }, options());
    expect(moved).toMatchObject({ plannedStart: '2026-12-01T20:00:00.000Z', plannedEnd: '2026-12-01T23:00:00.000Z' });
    expect(await desk.updateTicket({ id, expectedVersion: 2, subject: 'Иначе' }, options())).toMatchObject({ plannedEnd: moved.plannedEnd });
    await desk.updateTicket({ id, expectedVersion: 3, unplanned: true }, options());
    expect((await desk.getTicket({ id }, options())).plannedStart).toBeUndefined();
    const told = await eventually(async () => {
      const heard = await dataOf(id);
      return heard.length === 4 && heard;
    });
    expect(told.map(({ data }) => data['plannedStart'])).toEqual([
      '2026-12-01T20:00:00.000Z',
      '2026-12-01T20:00:00.000Z',
      '2026-12-01T20:00:00.000Z',
      undefined,
    ]);
  });

  it('waits for a CMDB that is down, and is then computed once; what the catalogue said before is enough to open it', async () => {
    const { server, word } = await makeBilling();
    await hub.stop();
    hub = await opened.run([tickets], 'silent');
    const alone = hub.client(TicketService);
    const { id } = await alone.createTicket({ type: 'incident', subject: 'Без CMDB', items: [server] }, options());
    expect(await alone.getTicket({ id }, options())).toMatchObject({ items: [server] });
    await hub.stop();
    await begin();
    expect(await computed(id)).toMatchObject({ total: 3 });
    expect(await entriesOf(id)).toHaveLength(1);
    await hub.stop();
    hub = await opened.run([tickets], 'silent');
    const nameless = (await hub.client(TicketService).getTicket({ id }, options())).computedImpact;
    expect(nameless).toMatchObject({ total: 3, services: [], hiddenServices: 0, namesUnavailable: true });
    expect(JSON.stringify(nameless)).not.toContain(word);
    await hub.stop();
    await begin();
  });
});
