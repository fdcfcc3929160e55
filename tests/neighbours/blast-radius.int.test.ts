import { randomUUID } from 'node:crypto';
import { cmdb } from '../../cmdb/service.ts';
import { CmdbService } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { BlastRadiusService } from '../../generated/opora/tickets/v1/blast_radius.ts';
import { type FreezeScope, FreezeService } from '../../generated/opora/tickets/v1/freezes.ts';
import { TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import type { CallOptions, Client, Principal } from '../../platform/rpc/call.ts';
import { catalog } from '../../services/catalog/service.ts';
import { tickets } from '../../services/tickets/service.ts';
import { type Neighbours, openNeighbours } from './open-neighbours.ts';

const admin: Principal = { kind: 'account', id: randomUUID(), name: 'admin', permissions: ['*'] };
const as = (principal: Principal): CallOptions => ({ deadline: Date.now() + 15_000, principal });
const options = () => as(admin);
const reader = (permissions: string[], organisation?: string): Principal => ({
  kind: 'account',
  id: randomUUID(),
  name: 'reader',
  permissions,
  grants: organisation === undefined ? [] : [{ permission: 'cmdb.read', where: { organisation: [organisation] } }],
});
const from = '2030-06-01T20:00:00.000Z';
const to = '2030-06-01T22:00:00.000Z';

describe('the blast radius of a planned change', () => {
  let opened: Awaited<ReturnType<typeof openNeighbours>>;
  let hub: Neighbours;
  let desk: Client<TicketService>;
  let items: Client<CmdbService>;
  let radius: Client<BlastRadiusService>;
  let freezes: Client<FreezeService>;

  beforeAll(async () => {
    opened = await openNeighbours([tickets, cmdb, catalog]);
    hub = await opened.run();
    desk = hub.client(TicketService);
    items = hub.client(CmdbService);
    radius = hub.client(BlastRadiusService);
    freezes = hub.client(FreezeService);
  });
  afterAll(async () => {
    await hub.stop();
    await opened.close();
  });

  const make = async (itemClass: string, name: string, attributes: object = {}) =>
    (await items.createItem({ class: itemClass, name, lookups: [], attributes: JSON.stringify(attributes) }, options())).id;
  const relate = (type: string, fromId: string, toId: string) => items.createRelation({ type, fromId, toId }, options());

  /** A server with an application, which two offerings of two customers consume; a contract covers the server. Everything has one word in its name. */
  async function makeBilling() {
    const word = randomUUID();
    const server = await make('server', `db ${word}`, { organisation: `Own ${word}`, site: `Site ${word}` });
    const app = await make('application_service', `app ${word}`, { organisation: `Own ${word}` });
    const north = await make('service_offering', `north ${word}`, { organisation: `North ${word}`, criticality: 'low', commitment: '99.5 %' });
    const south = await make('service_offering', `south ${word}`, { organisation: `South ${word}`, criticality: 'critical' });
    const contract = await make('support_contract', `contract ${word}`, { organisation: `Own ${word}`, number: word, counterparty: 'Vendor' });
    await relate('runs_on', app, server);
    await relate('consumes', north, app);
    await relate('consumes', south, app);
    await relate('covers', contract, server);
    return { word, server, app, north, south, contract };
  }
  const plan = (ids: string[], plannedStart = from, plannedEnd = to) =>
    desk.createTicket({ type: 'change', subject: 'Замена диска', items: ids, plannedStart, plannedEnd }, options());
  const freeze = (scope: FreezeScope, more: object = {}) =>
    freezes.createFreeze({ name: `Мораторий ${scope.kind}`, from: '2030-06-01T21:59:00Z', to: '2030-06-02T00:00:00Z', scope, ...more }, options());
  const violationsOf = async (asked: Promise<unknown>) => {
    const refusal = await asked.catch((error: unknown) => error);
    if (!isAppError(refusal, 'invalid_input')) throw refusal;
    return refusal.violations.map(({ pointer }) => pointer);
  };

  it('tells services with what they promise, customers, agreements and open incidents, each with the reason', async () => {
    const { word, server, app, north, south, contract } = await makeBilling();
    const incident = await desk.createTicket({ type: 'incident', subject: 'Шумит', items: [server] }, options());
    const resolved = await desk.createTicket({ type: 'incident', subject: 'Шумел', items: [server] }, options());
    await desk.transitionTicket({ id: resolved.id, expectedVersion: 1, transition: 'resolve', resolution: 'Затих' }, options());
    const { id, number } = await plan([server]);
    const told = await radius.getBlastRadius({ id: number }, options());
    expect(told).toMatchObject({
      items: 1,
      total: 3,
      serviceTotal: 3,
      hiddenServices: 0,
      hiddenAgreements: 0,
      truncated: [],
      plannedStart: from,
      plannedEnd: to,
    });
    expect(told.services.map((service) => [service.id, service.kind, service.commitment])).toEqual([
      [south, 'offering', undefined],
      [north, 'offering', '99.5 %'],
      [app, 'instance', undefined],
    ]);
    expect(told.services[1]?.explanation).toBe(`db ${word} → (runs_on) app ${word} → (consumes) north ${word}`);
    expect(told.customers).toEqual([
      { organisation: `North ${word}`, services: 1, explanation: `It would lose "north ${word}".` },
      { organisation: `Own ${word}`, services: 1, explanation: `It would lose "app ${word}".` },
      { organisation: `South ${word}`, services: 1, explanation: `It would lose "south ${word}".` },
    ]);
    expect(told.agreements).toEqual([{ id: contract, class: 'support_contract', name: `contract ${word}`, explanation: `It covers "db ${word}".` }]);
    expect(told.incidents).toMatchObject([{ id: incident.id, explanation: `It is open and about "db ${word}".` }]);
    const before = await radius.assessBlastRadius({ items: [server], plannedStart: from, plannedEnd: to }, options());
    expect(before.changes).toMatchObject([{ id, why: 'same_item' }]);
    expect({ ...before, at: told.at, changes: [] }).toEqual({ ...told, changes: [] });
  });

  it('finds changes whose windows overlap by a minute, about the same items or about what would break, and no others', async () => {
    const { word, server, app } = await makeBilling();
    const other = await makeBilling();
    const late = await plan([server], '2030-06-01T21:59:00Z', '2030-06-01T23:00:00Z');
    const within = await plan([other.server, app], '2030-06-01T19:00:00Z', '2030-06-01T20:01:00Z');
    await plan([server], to, '2030-06-01T23:00:00Z');
    await plan([app], '2030-06-01T18:00:00Z', from);
    await plan([other.server]);
    await desk.createTicket({ type: 'change', subject: 'Когда-нибудь', items: [server] }, options());
    const cancelled = await plan([server]);
    await desk.transitionTicket({ id: cancelled.id, expectedVersion: 1, transition: 'cancel' }, options());
    const { id } = await plan([server]);
    const { changes } = await radius.getBlastRadius({ id }, options());
    expect(changes).toMatchObject([
      {
        id: within.id,
        why: 'within_impact',
        overlapStart: from,
        overlapEnd: '2030-06-01T20:01:00.000Z',
        explanation: `It is about "app ${word}", which this one reaches, and the windows overlap by 1 min.`,
      },
      {
        id: late.id,
        why: 'same_item',
        overlapStart: '2030-06-01T21:59:00.000Z',
        explanation: `It is about "db ${word}" too, and the windows overlap by 1 min.`,
      },
    ]);
    await desk.updateTicket({ id: late.id, expectedVersion: 1, unplanned: true }, options());
    expect((await radius.getBlastRadius({ id }, options())).changes.map((change) => change.id)).toEqual([within.id]);
  });

  it('tells what is only put at risk, and finds the change of it in the same window', async () => {
    const word = randomUUID();
    const [node, twin] = [await make('server', `node ${word}`), await make('server', `twin ${word}`)];
    const app = await make('application_service', `app ${word}`, { redundancy: ['runs_on:1'], userCount: 40, sla: 'SLA-7' });
    await relate('runs_on', app, node);
    await relate('runs_on', app, twin);
    const other = await plan([app]);
    const told = await radius.assessBlastRadius({ items: [node], plannedStart: from, plannedEnd: to }, options());
    expect(told).toMatchObject({ total: 0, atRisk: 1, users: 0, services: [{ id: app, state: 'at_risk', sla: 'SLA-7', userCount: 40 }] });
    expect(told.changes).toMatchObject([{ id: other.id, why: 'within_impact' }]);
    const both = await radius.assessBlastRadius({ items: [node, twin] }, options());
    expect(both).toMatchObject({ total: 1, atRisk: 0, users: 40, services: [{ id: app, state: 'broken' }] });
  });

  it('says when there are more changes and incidents than it tells', async () => {
    const { server } = await makeBilling();
    for (let index = 0; index < 51; index++) {
      await plan([server]);
      await desk.createTicket({ type: 'incident', subject: 'Шумит', items: [server] }, options());
    }
    const told = await radius.assessBlastRadius({ items: [server], plannedStart: from, plannedEnd: to }, options());
    expect([told.changes.length, told.incidents.length, told.truncated]).toEqual([50, 50, ['changes', 'incidents']]);
  });

  it('tells the freezes of the window that hold for what it touches, and who may go ahead anyway', async () => {
    const { word, server, north } = await makeBilling();
    const exempt = { accounts: [admin.id], note: 'Аварийные, с согласия дежурного' };
    const made = {
      everything: await freeze({ kind: 'everything', values: [] }, { from: '2030-06-01T18:00:00Z', to: '2030-06-01T20:01:00Z' }),
      organisation: await freeze({ kind: 'organisation', values: [`South ${word}`, 'Другая'] }),
      site: await freeze({ kind: 'site', values: [`Site ${word}`] }, { exemption: exempt, reason: 'Ремонт' }),
      class: await freeze({ kind: 'class', values: ['hardware'] }),
      services: await freeze({ kind: 'services', values: [north] }),
    };
    await freeze({ kind: 'organisation', values: ['Другая'] });
    await freeze({ kind: 'class', values: ['pump'] });
    await freeze({ kind: 'services', values: [randomUUID()] });
    await freeze({ kind: 'everything', values: [] }, { from: to, to: '2030-06-02T00:00:00Z' });
    await freeze({ kind: 'everything', values: [] }, { from: '2030-06-01T00:00:00Z', to: from });
    const ended = await freeze({ kind: 'everything', values: [] });
    await freezes.endFreeze({ id: ended.id, expectedVersion: 1 }, options());
    const { id } = await plan([server]);
    const { freezes: told } = await radius.getBlastRadius({ id }, options());
    const by = Object.fromEntries(told.map((one) => [one.id, one]));
    expect(Object.keys(by).sort()).toEqual(
      Object.values(made)
        .map((one) => one.id)
        .sort(),
    );
    expect(by[made.everything.id]?.explanation).toBe('It holds for everything.');
    expect(by[made.organisation.id]?.explanation).toBe(`It holds for organisation "South ${word}", which the change touches.`);
    expect(by[made.site.id]).toMatchObject({
      exempt: true,
      reason: 'Ремонт',
      exemptionNote: exempt.note,
      explanation: expect.stringContaining('You may go ahead'),
    });
    expect(by[made.class.id]).toMatchObject({ exempt: false, explanation: 'It holds for class "hardware", which the change touches.' });
    expect(by[made.services.id]?.explanation).toBe(`It holds for "north ${word}", which the change touches.`);
    await freezes.endFreeze({ id: made.everything.id, expectedVersion: 1 }, options());
  });

  it('names only what the reader may see in the CMDB, counts the rest, and asks the right to read tickets', async () => {
    const { word, server, app, south } = await makeBilling();
    await freeze({ kind: 'services', values: [south] });
    await plan([app]);
    const { id } = await plan([server]);
    const northern = reader(['tickets.read'], `North ${word}`);
    const told = await radius.getBlastRadius({ id }, as(northern));
    expect(told).toMatchObject({ total: 3, serviceTotal: 3, hiddenServices: 2, agreements: [], hiddenAgreements: 1 });
    expect(told.services.map(({ name, explanation }) => [name, explanation])).toEqual([
      [`north ${word}`, `… → (runs_on) … → (consumes) north ${word}`],
    ]);
    expect(told.customers.map(({ organisation }) => organisation)).toEqual([`North ${word}`]);
    expect(told.changes[0]?.explanation).toContain('an item that you may not see');
    for (const hidden of [`db ${word}`, `app ${word}`, `south ${word}`, `South ${word}`, `contract ${word}`, `Own ${word}`])
      expect(JSON.stringify(told)).not.toContain(hidden);
    expect(await radius.getBlastRadius({ id }, as(reader(['tickets.read'])))).toMatchObject({ services: [], hiddenServices: 3, customers: [] });
    expect(await violationsOf(radius.assessBlastRadius({ items: [server] }, as(northern)))).toEqual(['/items/0']);
    for (const permissions of [['tickets.read_own'], ['tickets.create'], ['cmdb.read']])
      await expect(radius.getBlastRadius({ id }, as(reader(permissions)))).rejects.toMatchObject({ kind: 'not_allowed' });
  });

  it('refuses what cannot be asked, naming the field', async () => {
    const { server } = await makeBilling();
    const bare = await plan([]);
    await expect(radius.getBlastRadius({ id: bare.id }, options())).rejects.toMatchObject({ kind: 'illegal_state' });
    await expect(radius.getBlastRadius({ id: randomUUID() }, options())).rejects.toMatchObject({ kind: 'not_found' });
    const ask = (asked: object) => violationsOf(radius.assessBlastRadius({ items: [server], ...asked }, options()));
    expect(await ask({ items: [] })).toEqual(['/items']);
    expect(await ask({ items: [server, randomUUID()] })).toEqual(['/items/1']);
    expect(await ask({ plannedStart: from })).toEqual(['/plannedEnd']);
    expect(await ask({ plannedStart: to, plannedEnd: from })).toEqual(['/plannedEnd']);
    const unplanned = await radius.assessBlastRadius({ items: [server] }, options());
    expect(unplanned).toMatchObject({ total: 3, changes: [], freezes: [] });
  });
});

describe('change freezes', () => {
  let opened: Awaited<ReturnType<typeof openNeighbours>>;
  let hub: Neighbours;
  let freezes: Client<FreezeService>;

  beforeAll(async () => {
    opened = await openNeighbours([tickets]);
    hub = await opened.run();
    freezes = hub.client(FreezeService);
  });
  afterAll(async () => {
    await hub.stop();
    await opened.close();
  });
  const declare = (fromTime: string, toTime: string, more: object = {}) =>
    freezes.createFreeze({ name: 'Мораторий', from: fromTime, to: toTime, scope: { kind: 'everything', values: [] }, ...more }, options());

  it('are declared, read, changed at their version and ended once, by those who manage tickets', async () => {
    const made = await declare('2030-12-25T00:00:00Z', '2031-01-09T00:00:00Z', { reason: 'Закрытие года' });
    expect(made).toMatchObject({ version: 1, updatedBy: 'admin', scope: { kind: 'everything', values: [] } });
    const { id } = made;
    const moved = await freezes.updateFreeze({ id, expectedVersion: 1, to: '2031-01-12T00:00:00Z' }, options());
    expect(moved).toMatchObject({ from: made.from, to: '2031-01-12T00:00:00.000Z', reason: 'Закрытие года', version: 2 });
    await expect(freezes.updateFreeze({ id, expectedVersion: 1, name: 'x' }, options())).rejects.toMatchObject({ kind: 'conflict' });
    const both = await Promise.allSettled(['a', 'b'].map((name) => freezes.updateFreeze({ id, expectedVersion: 2, name }, options())));
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const ended = await freezes.endFreeze({ id, expectedVersion: 3 }, options());
    expect(ended.endedAt).toBeDefined();
    for (const again of [
      freezes.endFreeze({ id, expectedVersion: 4 }, options()),
      freezes.updateFreeze({ id, expectedVersion: 4, name: 'x' }, options()),
    ])
      await expect(again).rejects.toMatchObject({ kind: 'illegal_state' });
    expect(await freezes.getFreeze({ id }, options())).toEqual(ended);
    const worker = as(reader(['tickets.read', 'tickets.work']));
    expect(await freezes.getFreeze({ id }, worker)).toEqual(ended);
    await expect(freezes.endFreeze({ id, expectedVersion: 0 }, worker)).rejects.toMatchObject({ kind: 'not_allowed' });
    await expect(freezes.getFreeze({ id }, as(reader(['tickets.read_own'])))).rejects.toMatchObject({ kind: 'not_allowed' });
    const over = await declare('2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z');
    await expect(freezes.endFreeze({ id: over.id, expectedVersion: 1 }, options())).rejects.toMatchObject({ kind: 'illegal_state' });
  });

  it('are listed latest first, page by page, and by the time that they touch', async () => {
    const days = ['01', '02', '03', '04', '05'];
    for (const day of days) await declare(`2040-01-${day}T00:00:00Z`, `2040-01-${day}T12:00:00Z`);
    const window = { from: '2040-01-02T11:59:00Z', to: '2040-01-04T00:00:00Z' };
    expect((await freezes.listFreezes(window, options())).items.map((one) => one.from.slice(8, 10))).toEqual(['03', '02']);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await freezes.listFreezes({ from: '2040-01-01T00:00:00Z', limit: 2, ...(after !== undefined && { after }) }, options());
      seen.push(...page.items.map((one) => one.from.slice(8, 10)));
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual([...days].reverse());
  });

  it('that are ended before they begin hold at no time, and stay in the list', async () => {
    const { id } = await declare('2050-01-01T00:00:00Z', '2050-01-02T00:00:00Z');
    const listed = async (window: object) => (await freezes.listFreezes({ limit: 500, ...window }, options())).items.map((one) => one.id);
    const around = { from: '2020-01-01T00:00:00Z', to: '2060-01-01T00:00:00Z' };
    expect(await listed(around)).toContain(id);
    await freezes.endFreeze({ id, expectedVersion: 1 }, options());
    expect(await listed(around)).not.toContain(id);
    expect(await listed({})).toContain(id);
  });

  it('are refused with the field that is wrong', async () => {
    const pointers = async (asked: Promise<unknown>) => {
      const refusal = await asked.catch((error: unknown) => error);
      if (!isAppError(refusal, 'invalid_input')) throw refusal;
      return refusal.violations.map(({ pointer }) => pointer);
    };
    expect(await pointers(declare(to, from))).toEqual(['/to']);
    expect(await pointers(declare('soon', to))).toEqual(['/from']);
    expect(await pointers(declare(from, to, { scope: { kind: 'site', values: [] } }))).toEqual(['/scope/values']);
    expect(await pointers(declare(from, to, { scope: { kind: 'services', values: ['pump'] } }))).toEqual(['/scope/values/0']);
    expect(await pointers(declare(from, to, { exemption: { accounts: ['me'] } }))).toEqual(['/exemption/accounts/0']);
    const { id } = await declare(from, to);
    expect(await pointers(freezes.updateFreeze({ id, expectedVersion: 1, to: from }, options()))).toEqual(['/to']);
  });
});
