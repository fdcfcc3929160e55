import { CmdbService } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { type Comparison, ComparisonService } from '../../generated/opora/cmdb/v1/comparison.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { CallOptions, Principal } from '../../platform/rpc/call.ts';
import { type EdgeHub, startHub } from '../edge/start-hub.ts';

let hub: EdgeHub;
beforeAll(async () => {
  hub = await startHub(['cmdb'], {}, 'gRPC');
}, 120_000);
afterAll(() => hub.stop());

const loader: Principal = { kind: 'service', id: 'loader', name: 'Загрузка', permissions: ['*'] };
const at = (time: string): CallOptions => ({ deadline: Date.now() + 10_000, principal: loader, at: Date.parse(time) });
const cmdb = () => hub.client(CmdbService);

const create = async (itemClass: string, name: string, attributes: object, time: string) =>
  (await cmdb().createItem({ class: itemClass, name, attributes: JSON.stringify(attributes), lookups: [] }, at(time))).id;
const change = (id: string, attributes: object, time: string, reason?: string) =>
  cmdb().updateItem(
    {
      id,
      expectedVersion: 0,
      attributes: JSON.stringify(attributes),
      addLookups: [],
      removeLookups: [],
      ...(reason !== undefined && { reason }),
    },
    at(time),
  );
const relate = async (type: string, fromId: string, toId: string, time: string) => (await cmdb().createRelation({ type, fromId, toId }, at(time))).id;

const diff = async (query: string, status = 200) => {
  const answer = await hub.api.get<Comparison & { errors?: { pointer: string; message: string }[] }>(`/api/v1/cmdb/diff?${query}`);
  expect([query, answer.status]).toEqual([query, status]);
  return answer.body;
};
const told = ({ items }: Comparison) =>
  items.map(({ kind, change: what, name, type, from, to }) => [kind, what, name ?? `${from?.name} ${type} ${to?.name}`]);

const march = 'from=2026-03-01T00:00:00Z&to=2026-03-31T00:00:00Z';

describe('what changed below a service before an incident', () => {
  it('is told for the item and all that it depended on then and now, with who and why, and without what is beside it', async () => {
    const service = await create('business_service', 'Биллинг', {}, '2026-01-01T00:00:00Z');
    const app = await create('server', 'billing-app', { memoryGb: 8 }, '2026-01-01T00:00:00Z');
    const old = await create('server', 'billing-db-1', { memoryGb: 16 }, '2026-01-01T00:00:00Z');
    const beside = await create('server', 'reports', {}, '2026-01-01T00:00:00Z');
    await relate('depends_on', service, app, '2026-01-01T00:00:00Z');
    const gone = await relate('depends_on', app, old, '2026-01-01T00:00:00Z');
    await relate('depends_on', beside, app, '2026-01-02T00:00:00Z');

    await change(app, { memoryGb: 4 }, '2026-03-10T08:00:00Z', 'CHG-000041');
    await change(app, { memoryGb: 2, owner: 'Иванов' }, '2026-03-10T09:00:00Z', 'CHG-000042');
    await change(beside, { memoryGb: 1 }, '2026-03-10T09:00:00Z');
    const fresh = await create('server', 'billing-db-2', { memoryGb: 32 }, '2026-03-10T10:00:00Z');
    const made = await relate('depends_on', app, fresh, '2026-03-10T10:00:00Z');
    await cmdb().deleteRelation({ id: gone }, at('2026-03-10T10:30:00Z'));
    await cmdb().retireItem({ id: old, expectedVersion: 0 }, at('2026-03-10T11:00:00Z'));
    await change(app, { memoryGb: 64 }, '2026-03-12T00:00:00Z');

    const asked = `below=${service}&to=2026-03-10T12:00:00Z&hours=24`;
    const answer = await diff(asked);
    expect([answer.from, answer.to, answer.cuts]).toEqual(['2026-03-09T12:00:00.000Z', '2026-03-10T12:00:00.000Z', []]);
    expect(told(answer)).toEqual([
      ['item', 'removed', 'billing-db-1'],
      ['relation', 'removed', 'billing-app depends_on billing-db-1'],
      ['item', 'added', 'billing-db-2'],
      ['relation', 'added', 'billing-app depends_on billing-db-2'],
      ['item', 'changed', 'billing-app'],
    ]);
    expect(answer.items.at(-1)).toEqual({
      kind: 'item',
      change: 'changed',
      id: app,
      class: 'server',
      name: 'billing-app',
      differences: [
        { field: 'attributes.memoryGb', before: 8, after: 2 },
        { field: 'attributes.owner', after: 'Иванов' },
      ],
      masked: [],
      fromVersion: 1,
      toVersion: 3,
      versions: 2,
      at: '2026-03-10T09:00:00.000Z',
      actorId: 'loader',
      actorName: 'Загрузка',
      authors: ['Загрузка'],
      reason: 'CHG-000042',
      traceId: expect.any(String),
      unauthorised: false,
    });
    expect([answer.itemCounts, answer.relationCounts]).toEqual([
      { added: 1, removed: 1, changed: 1, restless: 0, hidden: 0 },
      { added: 1, removed: 1, changed: 0, restless: 0, hidden: 0 },
    ]);
    expect(answer.items.find(({ id }) => id === made)?.to).toEqual({ id: fresh, class: 'server', name: 'billing-db-2' });

    const byGrpc = await hub
      .client(ComparisonService)
      .compare({ below: service, to: '2026-03-10T12:00:00Z', hours: 24, kinds: ['relations'] }, { deadline: Date.now() + 10_000, principal: loader });
    expect(told(byGrpc)).toEqual(told(answer).filter(([kind]) => kind === 'relation'));
    expect([byGrpc.itemCounts, byGrpc.relationCounts]).toEqual([undefined, answer.relationCounts]);
    expect(told(await diff(`item=${app}&${march}&kinds=items`))).toEqual([['item', 'changed', 'billing-app']]);
  });

  it('leaves out what is again what it was, and counts it', async () => {
    const pump = await create('pump', 'НС-1', { powerKw: 15 }, '2026-01-01T00:00:00Z');
    const other = await create('pump', 'НС-2', {}, '2026-01-01T00:00:00Z');
    await change(pump, { powerKw: 30 }, '2026-03-02T00:00:00Z');
    await change(pump, { powerKw: 15 }, '2026-03-03T00:00:00Z');
    const id = await relate('depends_on', pump, other, '2026-03-04T00:00:00Z');
    await cmdb().deleteRelation({ id }, at('2026-03-05T00:00:00Z'));
    const { items, itemCounts, relationCounts } = await diff(`item=${pump}&${march}`);
    expect([items, itemCounts?.restless, relationCounts?.restless]).toEqual([[], 1, 1]);
  });
});

describe('what changed at a site or of a class', () => {
  it('has what came there and what left, the relations of what stayed as it was, and subclasses', async () => {
    const site = newUuid();
    const stays = await create('server', 'stays', { site }, '2026-01-01T00:00:00Z');
    const comes = await create('server', 'comes', { site: 'elsewhere' }, '2026-01-01T00:00:00Z');
    const leaves = await create('pump', 'leaves', { site }, '2026-01-01T00:00:00Z');
    await create('pump', 'never there', { site: 'elsewhere' }, '2026-03-02T00:00:00Z');
    await relate('documents', leaves, stays, '2026-03-05T00:00:00Z');
    await change(comes, { site }, '2026-03-06T00:00:00Z');
    await change(leaves, { site: 'elsewhere' }, '2026-03-07T00:00:00Z');
    const visits = await create('pump', 'visits', { site: 'elsewhere' }, '2026-01-01T00:00:00Z');
    await change(visits, { site }, '2026-04-07T00:00:00Z');
    const answer = await diff(`site=${site}&${march}`);
    expect(told(answer)).toEqual([
      ['item', 'changed', 'leaves'],
      ['item', 'changed', 'comes'],
      ['relation', 'added', 'leaves documents stays'],
    ]);
    expect(answer.items[1]?.differences).toEqual([{ field: 'attributes.site', before: 'elsewhere', after: site }]);

    await cmdb().updateItem({ id: leaves, expectedVersion: 0, class: 'server', addLookups: [], removeLookups: [] }, at('2026-03-20T00:00:00Z'));
    const names = async (name: string) =>
      (await diff(`class=${name}&from=2026-03-19T00:00:00Z&to=2026-03-21T00:00:00Z`)).items.map((one) => one.name);
    expect([await names('pump'), await names('server'), await names('hardware'), await names('virtual_machine')]).toEqual([
      ['leaves'],
      ['leaves'],
      ['leaves'],
      [],
    ]);
  });

  it('comes page by page, each change once, as it was when the first page was asked for', async () => {
    const site = newUuid();
    const ids: string[] = [];
    for (let index = 0; index < 7; index++) ids.push(await create('server', `paged-${index}`, { site }, `2026-03-0${1 + (index % 3)}T00:00:00Z`));
    const { api } = hub;
    const first = await diff(`site=${site}&hours=100000&limit=3`);
    await change(ids[0] as string, { memoryGb: 1 }, new Date().toISOString());
    const seen = first.items.map(({ id }) => id);
    for (let { next } = first; next !== undefined; ) {
      const page = await diff(`site=${site}&hours=100000&limit=3&after=${next}`);
      expect([page.from, page.to, page.itemCounts]).toEqual([first.from, first.to, first.itemCounts]);
      seen.push(...page.items.map(({ id }) => id));
      next = page.next;
    }
    expect([seen.length, new Set(seen)]).toEqual([7, new Set(ids)]);
    const other = await api.get(`/api/v1/cmdb/diff?site=${site}&hours=24&after=${first.next}`);
    expect(other).toMatchObject({ status: 422, body: { errors: [{ pointer: '/after' }] } });
  });
});

describe('who sees only some items', () => {
  it('is told of those, of relations with both ends among them, and how much is hidden; sensitive values are masked', async () => {
    const [own, other] = [newUuid(), newUuid()];
    const mine = await create('server', 'mine', { site: own, cost: 100 }, '2026-01-01T00:00:00Z');
    const also = await create('server', 'also mine', { site: own }, '2026-03-02T00:00:00Z');
    const secret = await create('server', 'zq-secret', { site: other }, '2026-03-02T00:00:00Z');
    await change(mine, { cost: 200 }, '2026-03-03T00:00:00Z');
    await relate('depends_on', mine, also, '2026-03-04T00:00:00Z');
    await relate('depends_on', mine, secret, '2026-03-05T00:00:00Z');
    await change(secret, { memoryGb: 1 }, '2026-03-06T00:00:00Z');

    const name = `r_${own.slice(-12)}`;
    await hub.api.post('/api/v1/roles', {
      name,
      titleEn: name,
      titleRu: name,
      permissions: [],
      grants: [{ permission: 'cmdb.read', where: { site: [own] } }],
    });
    const { api } = await hub.newAccount(name, [name]);
    const answer = await api.get<Comparison>(`/api/v1/cmdb/diff?below=${mine}&${march}`);
    expect(told(answer.body)).toEqual([
      ['relation', 'added', 'mine depends_on also mine'],
      ['item', 'changed', 'mine'],
      ['item', 'added', 'also mine'],
    ]);
    expect(answer.body.items[1]).toMatchObject({ differences: [], masked: ['cost'] });
    expect([answer.body.itemCounts?.hidden, answer.body.relationCounts?.hidden]).toEqual([1, 1]);
    expect(JSON.stringify(answer.body)).not.toContain('zq-secret');
    expect((await api.get(`/api/v1/cmdb/diff?item=${secret}&${march}`)).status).toBe(404);
    expect((await diff(`item=${mine}&${march}`)).items.find(({ kind }) => kind === 'item')?.differences).toEqual([
      { field: 'attributes.cost', before: 100, after: 200 },
    ]);
  });
});

describe('a comparison', () => {
  it('refuses what cannot be compared, and says what can', async () => {
    const id = await create('server', 'asked', {}, '2026-01-01T00:00:00Z');
    const refused = async (query: string) => (await diff(query, 422)).errors?.map(({ pointer }) => pointer);
    expect(await refused(`item=${id}`)).toEqual(['/from']);
    expect(await refused(`item=${id}&from=2026-03-01T00:00:00Z&hours=2`)).toEqual(['/hours']);
    expect(await refused(`item=${id}&from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z`)).toEqual(['/from']);
    expect(await refused(`item=${id}&from=2999-01-01T00:00:00Z`)).toEqual(['/from']);
    expect(await refused(`item=${id}&from=soon`)).toEqual(['/from']);
    expect(await refused(march)).toEqual(['/item']);
    expect(await refused(`item=${id}&site=A&${march}`)).toEqual(['/site']);
    expect(await refused(`class=teapot&${march}`)).toEqual(['/class']);
    expect(await refused(`item=${id}&class=teapot`)).toEqual(['/class', '/from']);
    expect(await refused(`item=${id}&${march}&kinds=people`)).toEqual([expect.stringContaining('/kinds')]);
    expect(await refused(`item=${id}&${march}&after=x`)).toEqual(['/after']);
    await diff(`item=${newUuid()}&${march}`, 404);
    await diff(`below=${newUuid()}&${march}`, 404);
  });

  it('has everything as added when it begins before everything, and nothing when it is over before', async () => {
    const site = newUuid();
    const id = await create('server', 'first', { site }, '2026-02-01T00:00:00Z');
    expect(told(await diff(`site=${site}&from=1999-01-01T00:00:00Z`))).toEqual([['item', 'added', 'first']]);
    expect((await diff(`item=${id}&from=1999-01-01T00:00:00Z&to=1999-02-01T00:00:00Z`)).items).toEqual([]);
  });

  it('says where the history begins that is still kept', async () => {
    await hub.database('cmdb').query(sql`drop table item_version_2024, relation_version_2024`);
    const { errors } = await diff('class=server&from=2024-12-31T23:59:59Z', 422);
    expect(errors).toEqual([{ pointer: '/from', message: 'what was before 2025-01-01T00:00:00.000Z is kept no longer: begin there or later' }]);
    expect((await diff('class=server&hours=876000', 422)).errors?.[0]?.pointer).toBe('/hours');
    await diff('class=server&from=2025-01-01T00:00:00Z');
  });
});
