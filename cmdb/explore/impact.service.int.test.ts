import type { Item } from '../../generated/opora/cmdb/v1/cmdb.ts';
import type { CallOptions, Principal } from '../../platform/rpc/call.ts';
import { passMoment } from '../../tests/cmdb/eventually.ts';
import { mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';

let hub: OpenCmdb;
beforeAll(async () => {
  hub = await openCmdb();
});
afterAll(() => hub.close());

const create = (itemClass: string, name: string, attributes: object = {}) =>
  hub.cmdb.createItem({ class: itemClass, name, lookups: [], attributes: JSON.stringify(attributes) }, mine());
const relate = (from: Item, type: string, to: Item) => hub.cmdb.createRelation({ fromId: from.id, type, toId: to.id }, mine());
const impact = (id: string, more: object = {}, options: CallOptions = mine()) => hub.cmdb.getImpact({ id, down: [], ...more }, options);

/** A cluster of three nodes that needs two, a service on it, and what the service offers. */
async function aCluster(site = 'N') {
  const nodes = await Promise.all([1, 2, 3].map((index) => create('server', `${site} node ${index}`, { site })));
  const cluster = await create('cluster', `${site} cluster`, { redundancy: ['part_of:2'], site });
  const app = await create('application_service', `${site} app`, { criticality: 'high', site });
  for (const node of nodes) await relate(node, 'part_of', cluster);
  await relate(app, 'runs_on', cluster);
  return { nodes: nodes as [Item, Item, Item], cluster, app };
}

describe('what breaks', () => {
  it('is nothing while enough of a cluster is up, and says how near it is; with one node down already it is all that runs there', async () => {
    const { nodes, cluster, app } = await aCluster();
    const [first, second] = nodes;
    const holds = await impact(first.id);
    expect(holds.items).toMatchObject([
      {
        id: cluster.id,
        state: 'at_risk',
        distance: 1,
        weight: 0.7,
        viaId: first.id,
        viaType: 'part_of',
        groups: [{ type: 'part_of', members: 3, up: 2, needed: 2, reason: { en: '2 of 3 up, needs 2', ru: 'работают 2 из 3, нужно 2' } }],
      },
    ]);
    expect(holds.summary).toMatchObject({ broken: 0, atRisk: 1, alreadyDown: 0, services: [] });
    const breaks = await impact(first.id, { down: [second.id] });
    expect(breaks.items.map(({ id, state, distance }) => [id, state, distance])).toEqual([
      [cluster.id, 'broken', 1],
      [app.id, 'broken', 2],
    ]);
    expect(breaks.items[0]?.groups).toMatchObject([{ up: 1, needed: 2, members: 3 }]);
    expect(breaks.summary?.services).toMatchObject([{ id: app.id, criticality: 'high', state: 'broken' }]);
  });

  it('is summed up whole when the list is short: the services that matter most come first', async () => {
    const host = await create('server', 'host');
    const services = [
      await create('application_service', 'reports', { criticality: 'low', userCount: 900 }),
      await create('service_offering', 'water, in town', { criticality: 'critical', userCount: 120 }),
      await create('business_service', 'water', { criticality: 'critical', userCount: 70, sla: 'SLA-1' }),
      await create('business_service', 'heat', { criticality: 'critical', userCount: 80 }),
    ];
    for (const service of services) await relate(service, 'depends_on', host);
    for (let index = 0; index < 6; index++) await relate(await create('virtual_machine', `vm ${index}`), 'runs_on', host);
    const { items, truncated, truncatedBy, summary, hidden } = await impact(host.id, { limit: 2 });
    expect([items.length, truncated, truncatedBy, hidden]).toEqual([2, true, ['limit'], 0]);
    expect(summary).toMatchObject({
      broken: 10,
      classes: [
        { class: 'virtual_machine', items: 6 },
        { class: 'business_service', items: 2 },
        { class: 'application_service', items: 1 },
        { class: 'service_offering', items: 1 },
      ],
      serviceCount: 4,
      users: 900,
    });
    expect(summary?.services.map(({ name }) => name)).toEqual(['heat', 'water', 'water, in town', 'reports']);
    expect(summary?.services[1]).toMatchObject({ sla: 'SLA-1', userCount: 70, weight: 1 });
  });

  it('is refused when what is down is not known', async () => {
    const { id } = await create('server', 'known');
    const unknown = '01890000-0000-7000-8000-000000000000';
    await expect(impact(id, { down: [id, unknown] })).rejects.toMatchObject({ kind: 'invalid_input', violations: [{ pointer: '/down/1' }] });
  });

  it('counts for who may see the north only what is in the south too, and names none of it', async () => {
    const { nodes, cluster, app } = await aCluster('S');
    const [first, second] = nodes;
    const sensor = await create('server', 'northern sensor', { site: 'N' });
    const northern = await create('business_service', 'northern water', { site: 'N', userCount: 5 });
    await relate(first, 'depends_on', sensor);
    await relate(second, 'depends_on', sensor);
    await relate(northern, 'depends_on', app);
    const north: Principal = {
      kind: 'account',
      id: 'anna',
      name: 'Анна',
      permissions: [],
      grants: [{ permission: 'cmdb.read', where: { site: ['N'] } }],
    };
    const told = await impact(sensor.id, {}, { ...mine(), principal: north });
    expect(told).toMatchObject({
      hidden: 4,
      items: [{ id: northern.id, distance: 4, viaHidden: true, state: 'broken' }],
      summary: { broken: 5, classes: [{ class: 'business_service', items: 1 }], services: [{ id: northern.id }], users: 5 },
    });
    for (const word of ['S node', 'S cluster', 'S app', 'server', 'part_of', ...[...nodes, cluster, app].map(({ id }) => id)])
      expect(JSON.stringify(told)).not.toContain(word);
    const hiddenDown = impact(sensor.id, { down: [first.id] }, { ...mine(), principal: north });
    await expect(hiddenDown).rejects.toMatchObject({ violations: [{ pointer: '/down/0', message: `there is no item "${first.id}"` }] });
  });

  it('is what it was at a moment', async () => {
    const { nodes, cluster, app } = await aCluster('past');
    const before = await passMoment();
    await hub.cmdb.updateItem(
      { id: cluster.id, expectedVersion: 1, name: 'no cluster', addLookups: [], removeLookups: [], attributes: '{"redundancy": null}' },
      mine(),
    );
    const named = async (more: object) => (await impact(nodes[0].id, more)).items.map(({ name, state }) => [name, state]);
    expect(await named({})).toEqual([
      ['no cluster', 'broken'],
      [app.name, 'broken'],
    ]);
    expect(await named({ asOf: before })).toEqual([['past cluster', 'at_risk']]);
    await expect(impact(nodes[0].id, { asOf: '2001-01-01T00:00:00Z' })).rejects.toMatchObject({ kind: 'not_found' });
  });
});
