import { type CmdbService as Cmdb, CmdbService, type Item } from '../generated/opora/cmdb/v1/cmdb.ts';
import { newUuid, systemClock } from '../platform/clock/clock.ts';
import { loadContract } from '../platform/contract/load-contract.ts';
import { embeddedEngines } from '../platform/engines/embedded.ts';
import { createLogger } from '../platform/log/logger.ts';
import { sql } from '../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../platform/postgres/test-database.ts';
import type { CallOptions, Client, Principal } from '../platform/rpc/call.ts';
import { createClient } from '../platform/rpc/client.ts';
import { createInProcessTransport } from '../platform/rpc/in-process.ts';
import { bindMethods } from '../platform/rpc/server.ts';
import { serve } from '../platform/service/define-service.ts';
import { type RunningHub, runServices } from '../platform/service/run-services.ts';
import { createMetrics } from '../platform/telemetry/metrics.ts';
import { relate } from './domain/relation.ts';
import { postgresGraph } from './graph/postgres-graph.ts';
import { openModels } from './model/models.ts';
import { cmdbMethods } from './rpc.ts';
import { cmdb as service } from './service.ts';
import { pageTaker } from './sources/take-page.ts';
import { writeRelations } from './storage/relation-store.ts';

const engineer: Principal = { kind: 'account', id: 'ivan', name: 'Иван', permissions: ['cmdb.read', 'cmdb.write'] };
const reader: Principal = { kind: 'account', id: 'anna', name: 'Анна', permissions: ['cmdb.read'] };
const as = (principal: Principal, idempotencyKey?: string): CallOptions => ({
  deadline: Date.now() + 10_000,
  principal,
  ...(idempotencyKey !== undefined && { idempotencyKey }),
});
const mine = () => as(engineer);

let database: TestDatabase;
let hub: RunningHub;
let cmdb: Client<Cmdb>;
/** The same service over the same records, as it runs in another process. */
let otherProcess: Client<Cmdb>;

beforeAll(async () => {
  database = await openTestDatabase(service);
  const log = createLogger({ level: 'error' });
  const contract = loadContract();
  const engines = await embeddedEngines({ dataDir: '', database: database.admin, clock: systemClock, newId: newUuid, log });
  hub = await runServices({ services: [service], engines, contract, configs: { cmdb: {} }, log, metrics: createMetrics(), announce: () => {} });
  cmdb = createClient(CmdbService, { contract, transport: engines.rpc });

  const models = openModels(database);
  const parts = { database, models, model: models.current };
  const served = serve(CmdbService, cmdbMethods({ ...parts, takePage: pageTaker(parts), graph: postgresGraph(database, models.current) }));
  const other = createInProcessTransport();
  const bound = bindMethods({ served: [served], contract, database, clock: systemClock, newId: newUuid, log, metrics: createMetrics() });
  for (const [name, methods] of Object.entries(bound)) await other.serve(name, methods);
  otherProcess = createClient(CmdbService, { contract, transport: other });
});
afterAll(async () => {
  await hub.stop();
  await database.close();
});

const create = (name: string, more: Partial<Parameters<typeof cmdb.createItem>[0]> = {}) =>
  cmdb.createItem({ class: 'server', name, lookups: [], ...more }, mine());
const createRelation = (from: Item, type: string, to: Item) => cmdb.createRelation({ type, fromId: from.id, toId: to.id }, mine());
const record = (key: string, more: { name?: string; attributes?: string; lookups?: string[]; class?: string } = {}) => ({
  key,
  class: 'server',
  name: key,
  lookups: [],
  ...more,
});

async function eventually<Value>(read: () => Promise<Value>, isThere: (value: Value) => boolean): Promise<Value> {
  const until = Date.now() + 10_000;
  for (;;) {
    const value = await read();
    if (isThere(value)) return value;
    if (Date.now() > until) throw new Error(`It did not come: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('an item', () => {
  it('is created with an identity of its own, and read back', async () => {
    const item = await create('db-1', { attributes: '{"serial": "X1", "cores": 8}', lookups: ['DB-1.corp', '10.0.0.5'] });
    expect(item).toMatchObject({
      source: 'manual',
      key: item.id,
      class: 'server',
      state: 'active',
      version: 1,
      attributes: '{"cores":8,"lifecycleState":"in_use","serial":"X1"}',
    });
    expect(await cmdb.getItem({ id: item.id }, as(reader))).toEqual(item);
  });

  it('is refused when its identity is taken, with the id of the one that has it', async () => {
    const { id } = await create('once', { source: 'nagios', key: 'h1' });
    await expect(create('twice', { source: 'nagios', key: 'h1' })).rejects.toMatchObject({ kind: 'conflict', message: expect.stringContaining(id) });
  });

  it('is refused when its class is not of the model or the writer may not write', async () => {
    await expect(create('x', { class: 'spaceship' })).rejects.toMatchObject({ kind: 'invalid_input', violations: [{ pointer: '/class' }] });
    await expect(cmdb.createItem({ class: 'server', name: 'x', lookups: [] }, as(reader))).rejects.toMatchObject({ kind: 'not_allowed' });
  });

  it('keeps every version with the time that it was so and who made it', async () => {
    const item = await create('v1');
    const second = await cmdb.updateItem(
      { id: item.id, expectedVersion: 1, name: 'v2', attributes: '{"a": 1}', addLookups: ['v2.corp'], removeLookups: [] },
      mine(),
    );
    await cmdb.retireItem({ id: item.id, expectedVersion: 2 }, mine());
    const { items } = await cmdb.getItemHistory({ id: item.id }, as(reader));
    expect(items.map(({ version, name, state, attributes, lookups, actorName }) => [version, name, state, attributes, lookups, actorName])).toEqual([
      [3, 'v2', 'retired', '{"a":1,"lifecycleState":"in_use"}', ['v2.corp'], 'Иван'],
      [2, 'v2', 'active', '{"a":1,"lifecycleState":"in_use"}', ['v2.corp'], 'Иван'],
      [1, 'v1', 'active', '{"lifecycleState":"in_use"}', [], 'Иван'],
    ]);
    expect(items.map(({ validTo }) => validTo)).toEqual([undefined, items[0]?.validFrom, items[1]?.validFrom]);
    expect(second.updatedAt).toBe(items[1]?.validFrom);
  });

  it('has a history that is read page by page', async () => {
    const item = await create('n1');
    for (let version = 1; version < 5; version++) {
      await cmdb.updateItem({ id: item.id, expectedVersion: version, name: `n${version + 1}`, addLookups: [], removeLookups: [] }, mine());
    }
    const versions: number[] = [];
    let after: string | undefined;
    do {
      const { items, next } = await cmdb.getItemHistory({ id: item.id, limit: 2, ...(after !== undefined && { after }) }, as(reader));
      versions.push(...items.map(({ version }) => version));
      after = next;
    } while (after !== undefined);
    expect(versions).toEqual([5, 4, 3, 2, 1]);
  });

  it('lets one of two writers win and tells the other', async () => {
    const item = await create('contested');
    const writers = Array.from({ length: 8 }, (_, index) =>
      cmdb.updateItem({ id: item.id, expectedVersion: 1, name: `writer ${index}`, addLookups: [], removeLookups: [] }, mine()),
    );
    const outcomes = await Promise.allSettled(writers);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ kind: 'conflict' });
    expect((await cmdb.getItem({ id: item.id }, mine())).version).toBe(2);
  });

  it('writes nothing and keeps its version when a change changes nothing', async () => {
    const item = await create('same', { attributes: '{"a": 1}' });
    const again = await cmdb.updateItem(
      { id: item.id, expectedVersion: 1, name: 'same', attributes: '{"a": 1}', addLookups: [], removeLookups: [] },
      mine(),
    );
    expect(again).toEqual(item);
  });
});

describe('what a source says', () => {
  it('makes, changes or leaves items, and one that is left has no row written', async () => {
    const upsert = (...items: ReturnType<typeof record>[]) => cmdb.upsertItems({ source: 'vcenter', items }, mine());
    const first = await upsert(record('a', { attributes: '{"x": {"p": 1, "q": 2}}' }), record('b'));
    expect(first.outcomes.map(({ outcome }) => outcome)).toEqual(['created', 'created']);
    const rows = async () =>
      (await database.query<{ n: number }>(sql`select (select count(*) from item_version)::int + (select sum(version) from item)::int as n`))[0]?.n;
    const before = await rows();
    const second = await upsert(record('a', { attributes: '{"x": {"q": 2, "p": 1}}' }), record('b'));
    expect(second.outcomes).toEqual(first.outcomes.map((outcome) => ({ ...outcome, outcome: 'unchanged' })));
    expect(await rows()).toBe(before);
    const third = await upsert(record('b', { name: 'B', lookups: ['b.corp'] }), record('c'));
    expect(third.outcomes.map(({ outcome, version }) => [outcome, version])).toEqual([
      ['updated', 2],
      ['created', 1],
    ]);
  });

  it('is taken in by many at once without an item twice, a version lost or an error', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
    const upserts = Array.from({ length: 50 }, (_, writer) => {
      const turned = [...keys.slice(writer % 40), ...keys.slice(0, writer % 40)];
      const items = (writer % 2 ? turned : turned.reverse()).map((key) => record(key, { attributes: `{"writer": ${writer}}` }));
      return (writer % 3 ? cmdb : otherProcess).upsertItems({ source: 'crowd', items }, as(engineer, `crowd-${writer}`));
    });
    const outcomes = (await Promise.all(upserts)).flatMap((answer) => answer.outcomes);
    const written = new Map<string, number[]>();
    for (const { id, outcome, version } of outcomes) if (outcome !== 'unchanged') written.set(id, [...(written.get(id) ?? []), version]);
    const items = await database.query<{ id: string; version: number; ended: number; inOrder: boolean }>(sql`
      select i.id, i.version, count(distinct v.version)::int as ended, bool_and(v.valid_to >= v.valid_from) as "inOrder"
      from item i join item_version v on v.item_id = i.id where i.source = 'crowd' group by i.id`);
    expect(items).toHaveLength(40);
    for (const { id, version, ended, inOrder } of items) {
      expect({ version, ended, inOrder }).toEqual({ version: 50, ended: 49, inOrder: true });
      expect(written.get(id)?.sort((one, other) => one - other)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    }
  });

  it('is taken in whole or not at all', async () => {
    const bad = cmdb.upsertItems({ source: 'strict', items: [record('a'), record('b', { class: 'spaceship' })] }, mine());
    await expect(bad).rejects.toMatchObject({ kind: 'invalid_input', violations: [{ pointer: '/items/1/class' }] });
    expect((await cmdb.listItems({ source: 'strict', where: [] }, mine())).items).toEqual([]);
  });

  it('brings a retired item back', async () => {
    const [outcome] = (await cmdb.upsertItems({ source: 'back', items: [record('a')] }, mine())).outcomes;
    await cmdb.retireItem({ id: outcome?.id ?? '', expectedVersion: 1 }, mine());
    expect((await cmdb.upsertItems({ source: 'back', items: [record('a')] }, mine())).outcomes).toEqual([
      { ...outcome, outcome: 'updated', version: 3 },
    ]);
  });

  it('relates items by their keys, the same again without a row', async () => {
    await cmdb.upsertItems({ source: 'net', items: ['x', 'y', 'z'].map((key) => record(key)) }, mine());
    const relations = [
      { type: 'depends_on', fromKey: 'x', toKey: 'y' },
      { type: 'connected_to', fromKey: 'y', toKey: 'z' },
    ];
    const first = await cmdb.upsertRelations({ source: 'net', relations }, mine());
    const again = await cmdb.upsertRelations({ source: 'net', relations }, mine());
    expect(first.outcomes.map(({ outcome }) => outcome)).toEqual(['created', 'created']);
    expect(again.outcomes).toEqual(first.outcomes.map((outcome) => ({ ...outcome, outcome: 'unchanged' })));
    const wrong = cmdb.upsertRelations({ source: 'net', relations: [{ type: 'loves', fromKey: 'x', toKey: 'nobody' }] }, mine());
    await expect(wrong).rejects.toMatchObject({ violations: [{ pointer: '/relations/0/type' }, { pointer: '/relations/0/toKey' }] });
  });
});

describe('relations', () => {
  it('are listed with either end, page by page, and are not listed once they ended', async () => {
    const [hub, ...spokes] = await Promise.all(['hub', 's1', 's2', 's3'].map((name) => create(name)));
    if (!hub) throw new Error('There is no hub.');
    for (const spoke of spokes) await createRelation(spoke, 'connected_to', hub);
    const out = await createRelation(hub, 'located_in', await create('room', { class: 'room' }));
    const read = async (more: { type?: string } = {}) => {
      const ids: string[] = [];
      let after: string | undefined;
      do {
        const { items, next } = await cmdb.listRelations({ itemId: hub.id, limit: 2, ...more, ...(after !== undefined && { after }) }, mine());
        ids.push(...items.map(({ id }) => id));
        after = next;
      } while (after !== undefined);
      return ids;
    };
    expect(await read()).toHaveLength(4);
    expect(await read({ type: 'located_in' })).toEqual([out.id]);
    expect(await cmdb.deleteRelation({ id: out.id }, mine())).toEqual({});
    await cmdb.deleteRelation({ id: out.id }, mine());
    expect(await read()).toHaveLength(3);
    expect(await cmdb.getRelation({ id: out.id }, mine())).toMatchObject({ state: 'removed', version: 2 });
  });

  it('of one type between two items are one, and come back as themselves', async () => {
    const [from, to] = [await create('from', { class: 'virtual_machine' }), await create('to')];
    const relation = await createRelation(from, 'runs_on', to);
    await expect(createRelation(from, 'runs_on', to)).rejects.toMatchObject({ kind: 'conflict', message: expect.stringContaining(relation.id) });
    await cmdb.deleteRelation({ id: relation.id }, mine());
    expect(await createRelation(from, 'runs_on', to)).toMatchObject({ id: relation.id, version: 3, state: 'active' });
  });

  it('need two different active items and a type of the model', async () => {
    const item = await create('lonely', { class: 'virtual_machine' });
    const wrong = cmdb.createRelation({ type: 'loves', fromId: item.id, toId: item.id }, mine());
    await expect(wrong).rejects.toMatchObject({ kind: 'invalid_input', violations: [{ pointer: '/type' }, { pointer: '/toId' }] });
    const retired = await create('retired');
    await cmdb.retireItem({ id: retired.id, expectedVersion: 1 }, mine());
    await expect(createRelation(item, 'runs_on', retired)).rejects.toMatchObject({ violations: [{ pointer: '/toId' }] });
  });

  it('are not written when an end was retired after it had been looked at', async () => {
    const [from, to] = [await create('from'), await create('to')];
    await cmdb.retireItem({ id: to.id, expectedVersion: 1 }, mine());
    const late = relate(undefined, { id: newUuid(), type: 'runs_on', fromId: from.id, toId: to.id, source: 'manual' }, 0);
    const statements = writeRelations(late ? [late] : [], { actorId: 'ivan', actorName: 'Иван' });
    await expect(database.commit({ statements })).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('end when an item is retired, also those that were made at the same moment', async () => {
    const target = await create('target');
    const others = await Promise.all(Array.from({ length: 20 }, (_, index) => create(`other ${index}`)));
    const relating = others.map((other) => createRelation(other, 'depends_on', target));
    const retiring = cmdb.retireItem({ id: target.id, expectedVersion: 1 }, mine());
    const outcomes = await Promise.allSettled([...relating, retiring]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(['conflict', 'invalid_input']).toContain(outcome.reason.kind);
    expect((await cmdb.getItem({ id: target.id }, mine())).state).toBe('retired');
    const heard = sql`select 1 from bus_log b join subscription_position p on p.subscription = 'end-relations' and p.pos >= b.pos
      where b.key = ${target.id} and b.type = 'opora.cmdb.v1.ItemRetired'`;
    await eventually(
      () => database.query(heard),
      (rows) => rows.length > 0,
    );
    expect((await cmdb.listRelations({ itemId: target.id }, mine())).items).toEqual([]);
  });
});

describe('what the graph answers', () => {
  it('is who is around, and who breaks when this one does, each with the way that leads there', async () => {
    const [service, app, vm, host, pump, station] = await Promise.all([
      create('billing', { class: 'business_service' }),
      create('app', { class: 'application_service' }),
      create('vm', { class: 'virtual_machine' }),
      create('host'),
      create('pump', { class: 'pump' }),
      create('station', { class: 'pumping_station' }),
    ]);
    await createRelation(service, 'depends_on', app);
    await createRelation(app, 'runs_on', vm);
    await createRelation(vm, 'runs_on', host);
    await createRelation(pump, 'part_of', station);
    await createRelation(pump, 'depends_on', vm);
    const impact = await cmdb.getImpact({ id: host.id, down: [] }, as(reader));
    expect(impact).toMatchObject({ truncated: false, servedBy: expect.stringMatching(/^(memory|records)$/) });
    expect(impact.items.map(({ name, distance, viaId, viaType }) => [name, distance, viaId, viaType]).sort()).toEqual(
      [
        ['vm', 1, host.id, 'runs_on'],
        ['app', 2, vm.id, 'runs_on'],
        ['pump', 2, vm.id, 'depends_on'],
        ['billing', 3, app.id, 'depends_on'],
        ['station', 3, pump.id, 'part_of'],
      ].sort(),
    );
    expect((await cmdb.getImpact({ id: service.id, down: [] }, as(reader))).items).toEqual([]);
    expect(await cmdb.getImpact({ id: host.id, limit: 1, down: [] }, as(reader))).toMatchObject({ truncated: true, items: [{ name: 'vm' }] });
    const around = await cmdb.getNeighbours({ id: vm.id, type: [] }, as(reader));
    expect(around.items.map(({ name }) => name).sort()).toEqual(['app', 'host', 'pump']);
    const below = await cmdb.getNeighbours({ id: service.id, type: ['depends_on', 'runs_on'], direction: 'out', depth: 6 }, as(reader));
    expect(below.items.map(({ name }) => name)).toEqual(['app', 'vm', 'host']);
  });

  it('is refused for an item or a type that is not known', async () => {
    const id = '01890000-0000-7000-8000-000000000000';
    await expect(cmdb.getImpact({ id, down: [] }, mine())).rejects.toMatchObject({ kind: 'not_found' });
    const item = await create('known');
    await expect(cmdb.getNeighbours({ id: item.id, type: ['loves'] }, mine())).rejects.toMatchObject({ violations: [{ pointer: '/type/0' }] });
  });

  it('comes from the records here, and there is nothing to rebuild', async () => {
    expect(await cmdb.getGraphStatus({}, as(reader))).toMatchObject({ engine: 'records', state: 'fresh' });
    const manager: Principal = { ...engineer, permissions: ['cmdb.manage'] };
    await expect(cmdb.rebuildGraph({}, as(manager))).rejects.toMatchObject({ kind: 'illegal_state' });
    await expect(cmdb.verifyGraph({}, mine())).rejects.toMatchObject({ kind: 'not_allowed' });
  });
});
