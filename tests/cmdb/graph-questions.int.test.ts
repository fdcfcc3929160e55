import type { CauseList, GraphDrawing, PathList } from '../../generated/opora/cmdb/v1/graph.ts';
import { type EdgeHub, startHub } from '../edge/start-hub.ts';
import type { Api } from '../mesh/api.ts';
import { passMoment } from './eventually.ts';

let hub: EdgeHub;
let api: Api;
beforeAll(async () => {
  hub = await startHub(['cmdb'], {}, 'gRPC');
  api = hub.api;
});
afterAll(() => hub.stop());

const create = async (itemClass: string, name: string, attributes: object = {}) =>
  (await api.post<{ id: string }>('/api/v1/cmdb/items', { class: itemClass, name, attributes })).body.id;
const relate = async (type: string, fromId: string, toId: string) =>
  (await api.post<{ id: string }>('/api/v1/cmdb/relations', { type, fromId, toId })).body.id;

describe('the paths over REST', () => {
  it('lead from item to item, now and as they were, and say what is wrong with a question', async () => {
    const [service, machine, server] = [
      await create('application', 'Биллинг'),
      await create('virtual_machine', 'billing-1'),
      await create('server', 'host-7'),
    ];
    await relate('runs_on', service, machine);
    const relation = await relate('runs_on', machine, server);
    const path = `/api/v1/cmdb/graph/paths?from=${service}&to=${server}`;
    const step = (id: string, itemClass: string, name: string, more: object = {}) => ({
      item: { id, class: itemClass, name, phase: 'active' },
      hidden: false,
      ...more,
    });
    const along = { type: 'runs_on', direction: 'out' };
    const whole = [
      step(service, 'application', 'Биллинг'),
      step(machine, 'virtual_machine', 'billing-1', along),
      step(server, 'server', 'host-7', along),
    ];
    expect((await api.get(path)).body).toEqual({ items: [{ steps: whole }], length: 2, hidden: 0, cuts: [] });
    const before = await passMoment();
    expect((await api.send('DELETE', `/api/v1/cmdb/relations/${relation}`, undefined)).status).toBe(204);
    expect((await api.get<PathList>(path)).body.items).toEqual([]);
    expect((await api.get<PathList>(`${path}&asOf=${before}`)).body.items).toEqual([{ steps: whole }]);
    expect((await api.get<PathList>(`${path}&asOf=${before}&direction=in`)).body.items).toEqual([]);

    expect(await api.get(`${path}&type=eats`)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/type/0' }] } });
    expect(await api.get(`/api/v1/cmdb/graph/paths?from=${service}&to=${service}`)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/to' }] },
    });
    expect(await api.get(`${path}&asOf=2020-01-01T00:00:00Z`)).toMatchObject({
      status: 404,
      body: { detail: `There was no item "${service}" at 2020-01-01T00:00:00.000Z.` },
    });
  });
});

describe('the drawing over REST', () => {
  it('has items with their phases, the relations among them, and counts of what it leaves out', async () => {
    const rack = await create('rack', 'R-1');
    const servers = await Promise.all(
      [1, 2, 3].map((number) => create('server', `srv-${number}`, { lifecycleState: number === 2 ? 'in_repair' : 'in_use' })),
    );
    for (const server of servers) await relate('located_in', server, rack).then(() => undefined);
    const [first = '', second = '', third = ''] = [...servers].sort();
    await relate('connected_to', first, second);
    const ask = async (more: string) => api.get<GraphDrawing>(`/api/v1/cmdb/graph?item=${rack}${more}`);
    const { body } = await ask('&depth=1&perLevel=2');
    expect(body.nodes.map(({ key, distance, item }) => [key, distance, item?.phase])).toEqual([
      [rack, 0, 'active'],
      [first, 1, servers[1] === first ? 'maintenance' : 'active'],
      [second, 1, servers[1] === second ? 'maintenance' : 'active'],
    ]);
    expect(body.edges).toHaveLength(3);
    expect(body.edges).toContainEqual({ from: first, to: second, type: 'connected_to' });
    expect(body.nodes[0]?.more).toEqual([{ type: 'located_in', direction: 'in', count: 1, atLeast: false }]);
    expect(body.cuts).toEqual([{ by: 'limit', message: 'At distance 1 there are more items than are drawn.' }]);
    expect((await ask(`&item=${third}&type=connected_to`)).body).toMatchObject({ nodes: [{ distance: 0 }, { distance: 0 }], edges: [], cuts: [] });
    expect(await ask(`&item=${third}&limit=1`)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/limit' }] } });
    expect((await api.get('/api/v1/cmdb/graph')).status).toBe(422);
    expect((await api.get('/api/v1/cmdb/graph?item=rack')).status).toBe(422);
  });
});

describe('the causes over REST', () => {
  it('explain what is broken, with reasons, ways and what speaks against them, and are asked for one item as well', async () => {
    const cluster = await create('cluster', 'vSphere', { redundancy: ['part_of:2'] });
    const service = await create('application', 'Личный кабинет');
    const hosts = await Promise.all([1, 2, 3].map((number) => create('server', `esx-${number}`)));
    const [first = '', second = '', third = ''] = hosts.sort();
    await relate('depends_on', service, cluster);
    for (const host of hosts) await relate('part_of', host, cluster);
    const ask = async (body: object) => (await api.post<CauseList>('/api/v1/cmdb/graph/causes', body)).body;
    const namesOf = ({ causes }: CauseList) => causes.map(({ items }) => items.map(({ item }) => item?.id));

    const one = await ask({ items: [service, first] });
    expect([namesOf(one), one.unexplained.map(({ id }) => id).sort()]).toEqual([[], [service, first].sort()]);
    const alone = one.candidates.find(({ items }) => items.length === 1 && items[0]?.item?.id === first);
    expect(alone?.against).toEqual([
      { kind: 'holds', item: expect.objectContaining({ id: cluster, name: 'vSphere' }), hidden: false, type: 'part_of', members: 3, needed: 2 },
    ]);

    const both = await ask({ items: [service, cluster, first, second], up: [third] });
    expect([namesOf(both), both.unexplained, both.hidden, both.cuts]).toEqual([[[first, second]], [], 0, []]);
    const [cause] = both.causes;
    expect(cause?.items.map(({ reasons }) => reasons)).toEqual([[{ kind: 'broken' }], [{ kind: 'broken' }]]);
    const told = cause?.explains.find(({ item }) => item?.id === service);
    expect(told?.path.map(({ item, type, direction }) => [item?.name, type, direction])).toEqual([
      [expect.stringContaining('esx-'), undefined, undefined],
      ['vSphere', 'part_of', 'out'],
      ['Личный кабинет', 'depends_on', 'in'],
    ]);

    const then = await passMoment();
    const moved = { 'content-type': 'application/json', 'if-match': '"1"' };
    const patch = await api.send(
      'PATCH',
      `/api/v1/cmdb/items/${cluster}`,
      JSON.stringify({ attributes: { lifecycleState: 'in_maintenance' } }),
      moved,
    );
    expect(patch.status).toBe(200);
    const { body } = await api.get<CauseList>(`/api/v1/cmdb/items/${service}/causes`);
    expect(namesOf(body)).toEqual([[cluster]]);
    expect(body.causes[0]?.items[0]?.reasons.map(({ kind }) => kind)).toEqual(['maintenance', 'changed']);
    const { body: was } = await api.get<CauseList>(`/api/v1/cmdb/items/${service}/causes?with=${first}&with=${second}&asOf=${then}`);
    expect(namesOf(was)).toEqual([[first, second]]);

    const wrong = await api.post('/api/v1/cmdb/graph/causes', { items: [service], up: [third, service] });
    expect(wrong).toMatchObject({ status: 422, body: { errors: [{ pointer: '/up/1' }] } });
    expect((await api.post('/api/v1/cmdb/graph/causes', { items: [] })).status).toBe(422);
  });
});
