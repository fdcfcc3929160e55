import neo4j, { type Driver } from 'neo4j-driver';
import type { CmdbEvent } from '../../generated/opora/cmdb/v1/events.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { liveHistory, logEvents, seeded } from '../../tests/cmdb/live-history.ts';
import { describeWithNeo4j } from '../../tests/engines/describe-with.ts';
import { insertModelVersion } from '../model/model-store.ts';
import { type Models, openModels } from '../model/models.ts';
import { seedModel } from '../model/seed-model.ts';
import { cmdb } from '../service.ts';
import { addHashes } from './facts.ts';
import { keepProjection } from './keep-projection.ts';
import { projectGraph } from './project-graph.ts';
import type { Space } from './projection.ts';
import { rebuildGraph } from './rebuild-graph.ts';
import { verifyGraph } from './verify-graph.ts';

const author = { actorId: 'ivan', actorName: 'Иван' };
const context = {
  now: 0,
  newId: newUuid,
  within: () => ({ deadline: 0, principal: { kind: 'service' as const, id: 'cmdb', name: 'cmdb', permissions: [] } }),
};

describeWithNeo4j('the projection of the graph', (engine) => {
  let driver: Driver;
  let database: TestDatabase;
  let space: Space;
  let models: Models;
  let handle: (events: readonly CmdbEvent[]) => Promise<unknown>;

  beforeAll(async () => {
    driver = neo4j.driver(engine.url, neo4j.auth.basic(engine.user, engine.password), { disableLosslessIntegers: true });
    database = await openTestDatabase(cmdb);
    space = { driver, label: 'ProjectedItem' };
    await seedModel({ database, newId: newUuid, now: 1_000, log: createLogger({ level: 'error' }) });
    models = openModels(database);
    handle = (events) => projectGraph(space, models).handle(events, context);
  });
  beforeEach(async () => {
    await database.query(sql`truncate item, item_version, item_lookup, relation, relation_version, bus_log, outbox`);
    await rebuildGraph({ space, database, models });
  });
  afterAll(async () => {
    await wipe();
    await driver.close();
    await database.close();
  });

  const wipe = () => driver.executeQuery(`match (n) where n:${space.label} or (n:Projection and n.of = $of) detach delete n`, { of: space.label });

  const live = (history: { seed: number; turns: number }) => liveHistory(database, history);
  const verify = async () => verifyGraph({ space, database, ways: await models.newest(), pageSize: 7 });

  it.each([1, 2, 3])(
    'holds what the records hold after events that came in any order between keys, doubled and late (history %i)',
    async (seed) => {
      const events = await live({ seed, turns: 250 });
      expect((await verify()).equal).toBe(false);
      const random = seeded(seed + 100);
      const lanes = new Map<string, CmdbEvent[]>();
      for (const event of events) lanes.set(event.key, [...(lanes.get(event.key) ?? []), event]);
      const delivered: CmdbEvent[] = [];
      for (let waiting = [...lanes.values()]; waiting.length > 0; waiting = waiting.filter((lane) => lane.length > 0)) {
        const next = waiting[random.below(waiting.length)]?.shift();
        if (next) delivered.push(next);
        const again = delivered[random.below(delivered.length)];
        if (again && random.chance(0.4)) delivered.push(again);
      }
      while (delivered.length > 0) await handle(delivered.splice(0, 1 + random.below(20)));
      const found = await verify();
      expect(found.projection).toEqual(found.records);
      expect(found.records.relations).toBeGreaterThan(5);
    },
    120_000,
  );

  it('neither brings back a relation that ended nor ends one that came back, however late and often it is told', async () => {
    const events = await live({ seed: 4, turns: 200 });
    await handle(events);
    const turns = events.filter(({ type }) => type === 'opora.cmdb.v1.RelationCreated' || type === 'opora.cmdb.v1.RelationRemoved');
    const versions = turns.map(({ data }) => ('version' in data ? data.version : 0));
    expect(Math.max(...versions)).toBeGreaterThan(2);
    for (const event of turns.reverse()) await handle([event]);
    expect((await verify()).equal).toBe(true);
  });

  it('is the same when it is made again from nothing, also while events go on', async () => {
    await handle(await live({ seed: 5, turns: 100 }));
    const more = live({ seed: 6, turns: 100 });
    const rebuilt = rebuildGraph({ space, database, models, pageSize: 5 });
    const hear = (event: CmdbEvent) =>
      handle([event]).then(
        () => true,
        (error: { kind: string }) => error.kind !== 'unavailable' && Promise.reject(error),
      );
    const events = await more;
    for (const event of events) while (!(await hear(event))) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await rebuilt).toBe(true);
    const found = await verify();
    expect(found.projection).toEqual(found.records);
  });

  it('is left to the one that began last when two make it again', async () => {
    await live({ seed: 7, turns: 100 });
    const finished = await Promise.all([1, 2, 3].map(() => rebuildGraph({ space, database, models, pageSize: 5 })));
    expect(finished.filter(Boolean)).toHaveLength(1);
    expect((await verify()).equal).toBe(true);
  });

  it('is told to differ, item by item and relation by relation, however somebody changed it, and is the same again when that is repaired', async () => {
    await handle(await live({ seed: 8, turns: 200 }));
    const cypher = (query: string) => driver.executeQuery(query.replaceAll(':Item', `:${space.label}`));
    const idOf = async (query: string) => (await cypher(query)).records[0]?.get('id') as string;
    const drifts: [kind: string, problem: string, id: string | undefined][] = [
      ['item', 'different', await idOf("match (item:Item) with item order by item.id limit 1 set item.name = 'drifted' return item.id as id")],
      ['item', 'different', await idOf('match (item:Item) with item order by item.id desc limit 1 set item.version = 999 return item.id as id')],
      ['item', 'unknown', await idOf('create (item:Item {id: "0199ffff-0000-7000-8000-000000000000", version: 1}) return item.id as id')],
      ['relation', 'missing', await idOf('match (:Item)-[r:DOCUMENTS]->(:Item) with r, r.id as id limit 1 delete r return id')],
      ['relation', 'different', await idOf('match (:Item)-[r:AFFECTS]->(:Item) with r, r.id as id limit 1 delete r return id')],
      ['relation', 'unknown', undefined],
    ];
    await cypher('match (a:Item), (b:Item) where a.id < b.id with a, b limit 1 create (a)-[:RUNS_ON]->(b)');

    const found = await verify();
    const told = found.differences.map(({ kind, problem, id }) => `${kind} ${problem} ${id}`).sort();
    expect(told).toEqual(drifts.map(([kind, problem, id]) => `${kind} ${problem} ${id ?? ''}`).sort());
    expect(found).toMatchObject({ equal: false, different: 6, repaired: 0 });

    const repaired = await verifyGraph({ space, database, ways: await models.newest(), pageSize: 7, repair: true });
    expect(repaired).toMatchObject({ equal: true, different: 0, repaired: 6 });
    expect(repaired.projection).toEqual(repaired.records);
    expect(await verify()).toMatchObject({ equal: true, differences: [] });
    expect((await verify()).records).toEqual(found.records);
  });

  it('is compared in parts whose counts and hashes add up to those of the whole', async () => {
    await handle(await live({ seed: 12, turns: 100 }));
    const whole = await verify();
    let [items, hash, next] = [0, '0', ''];
    for (let parts = 0; parts < 100; parts++) {
      const part = await verifyGraph({ space, database, ways: await models.newest(), pageSize: 5, pages: 1, after: next });
      items += part.records.items;
      hash = addHashes(hash, part.projection.hash);
      if (part.next === undefined) break;
      next = part.next;
    }
    expect({ items, hash }).toEqual({ items: whole.records.items, hash: whole.records.hash });
  });

  it('finds by itself what drifted, a range at a time, and repairs it', async () => {
    await handle(await live({ seed: 13, turns: 60 }));
    const keeper = keepProjection({ space, database, models, log: createLogger({ level: 'error' }), every: 20, checkEvery: 50 });
    await eventually(() => keeper.status().state, 'fresh');
    await driver.executeQuery(`match (item:${space.label}) set item.name = 'drifted'`);
    const count = async () =>
      Number((await driver.executeQuery(`match (item:${space.label} {name: 'drifted'}) return count(*) as n`)).records[0]?.get('n'));
    for (const until = Date.now() + 10_000; (await count()) > 0 && Date.now() < until; ) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await count()).toBe(0);
    expect((await keeper.verify()).equal).toBe(true);
    await keeper.stop();
  });

  it('takes no event after it was wiped until it is made again, which happens by itself', async () => {
    const events = await live({ seed: 9, turns: 100 });
    await handle(events);
    await wipe();
    await expect(handle(events)).rejects.toMatchObject({ kind: 'unavailable' });
    const keeper = keepProjection({ space, database, models, log: createLogger({ level: 'error' }), every: 20 });
    await eventually(() => keeper.status().state, 'fresh');
    expect((await keeper.verify()).equal).toBe(true);
    await keeper.stop();
  });

  it('counts as behind while a change of the log is not in it, as down while Neo4j does not answer', async () => {
    const events = await live({ seed: 10, turns: 60 });
    await logEvents(database, events);
    const keeper = keepProjection({ space, database, models, log: createLogger({ level: 'error' }), every: 20 });
    await eventually(() => keeper.status().state, 'behind');
    const last = events.at(-1);
    await handle(events.slice(0, -1));
    await eventually(() => keeper.status().detail, '1 of the newest changes are not in it yet.');
    if (last) await handle([last]);
    await eventually(() => keeper.status().state, 'fresh');
    await keeper.stop();

    const gone = neo4j.driver('bolt://127.0.0.1:1');
    const lost = keepProjection({ space: { ...space, driver: gone }, database, models, log: createLogger({ level: 'error' }), every: 20 });
    await eventually(() => lost.status().detail, 'Neo4j does not answer at the moment.');
    expect(lost.status().state).toBe('down');
    await lost.stop();
    await gone.close();
  });

  it('is made again when a version of the model lets failure travel another way, and not when it only knows more types', async () => {
    await handle(await live({ seed: 11, turns: 100 }));
    const keeper = keepProjection({ space, database, models, log: createLogger({ level: 'error' }), every: 20 });
    await eventually(() => keeper.status().state, 'fresh');
    const { definition } = await models.newest();
    const publish = (version: number, relationTypes: typeof definition.relationTypes) => {
      const by = { ...author, publishedAt: version, migratedAt: version, migratedItems: 0, migrations: [] };
      return database.commit({ statements: [insertModelVersion({ ...by, version, definition: { ...definition, relationTypes } })] });
    };
    const rebuild = async () =>
      (
        await driver.executeQuery('match (p:Projection {of: $of}) return p.rebuild as id, p.model as model', { of: space.label })
      ).records[0]?.toObject();
    const madeBy = async (version: number) => {
      const until = Date.now() + 10_000;
      while ((await rebuild())?.['model'] !== version && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await rebuild()).toMatchObject({ model: version });
    };
    const before = await rebuild();
    const [first] = definition.relationTypes;
    if (!first) throw new Error('There is no type.');
    await publish(2, [...definition.relationTypes, { ...first, name: 'adores', failure: 'both' }]);
    await madeBy(2);
    expect((await rebuild())?.['id']).toBe(before?.['id']);
    await publish(
      3,
      definition.relationTypes.map((type) => (type.name === 'runs_on' ? { ...type, failure: 'forward' } : type)),
    );
    await madeBy(3);
    await eventually(() => keeper.status().state, 'fresh');
    const found = await keeper.verify();
    expect(found.projection).toEqual(found.records);
    expect((await rebuild())?.['id']).not.toBe(before?.['id']);
    await keeper.stop();
  });
});

async function eventually<Value>(read: () => Value, wanted: Value): Promise<void> {
  const until = Date.now() + 10_000;
  while (read() !== wanted) {
    if (Date.now() > until) throw new Error(`It is ${String(read())}, not ${String(wanted)}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
