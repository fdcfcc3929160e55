import neo4j, { type Driver } from 'neo4j-driver';
import type { CmdbEvent } from '../../generated/opora/cmdb/v1/events.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { liveHistory, logEvents } from '../../tests/cmdb/live-history.ts';
import { describeWithNeo4j } from '../../tests/engines/describe-with.ts';
import { eventually } from '../../tests/mesh/api.ts';
import { type Models, openModels } from '../model/models.ts';
import { seedModel } from '../model/seed-model.ts';
import { cmdb } from '../service.ts';
import { keepProjection } from './keep-projection.ts';
import { neo4jGraph } from './neo4j-graph.ts';
import { postgresGraph } from './postgres-graph.ts';
import { projectGraph } from './project-graph.ts';
import type { Space } from './projection.ts';
import { rebuildGraph } from './rebuild-graph.ts';
import { bestOf, chooseSpace, findReplica, type Replica } from './replicas.ts';

const log = createLogger({ level: 'error' });
const context = {
  now: 0,
  newId: newUuid,
  within: () => ({ deadline: 0, principal: { kind: 'service' as const, id: 'cmdb', name: 'cmdb', permissions: [] } }),
};

describeWithNeo4j('several projections side by side', (engine) => {
  let driver: Driver;
  let database: TestDatabase;
  let models: Models;
  let spaces: Record<'one' | 'two' | 'gone', Space>;
  const kept: Replica[] = [];

  const keep = (space: Space): Replica => {
    const replica = { space, keeper: keepProjection({ space, database, models, log, every: 20 }) };
    kept.push(replica);
    return replica;
  };
  const until = (replica: Replica, state: string) => eventually(async () => replica.keeper.status().state === state);
  const hear = (space: Space, events: readonly CmdbEvent[]) => projectGraph(space, models).handle(events, context);

  beforeAll(async () => {
    driver = neo4j.driver(engine.url, neo4j.auth.basic(engine.user, engine.password), { disableLosslessIntegers: true });
    database = await openTestDatabase(cmdb);
    await seedModel({ database, newId: newUuid, now: 1_000, log });
    models = openModels(database);
    spaces = {
      one: { driver, label: 'ReplicaOne' },
      two: { driver, label: 'ReplicaTwo', name: 'neo4j-2' },
      gone: { driver: neo4j.driver('bolt://127.0.0.1:1'), label: 'ReplicaGone', name: 'neo4j-3' },
    };
  });
  afterEach(async () => {
    await Promise.all(kept.splice(0).map(({ keeper }) => keeper.stop()));
  });
  afterAll(async () => {
    for (const { label } of Object.values(spaces)) {
      await driver.executeQuery(`match (n) where n:${label} or (n:Projection and n.of = $label) detach delete n`, { label });
    }
    await Promise.all([driver.close(), spaces.gone.driver.close(), database.close()]);
  });

  it('hears events under names of their own', () => {
    expect([spaces.one, spaces.two].map((space) => projectGraph(space, models).name)).toEqual(['project-graph', 'project-graph-2']);
  });

  it('answers from each that is fresh in its turn, from the others while one is behind or gone, and from the records when none is', async () => {
    await rebuildGraph({ space: spaces.one, database, models });
    await rebuildGraph({ space: spaces.two, database, models });
    const events = await liveHistory(database, { seed: 21, turns: 60 });
    await logEvents(database, events);
    const [one, two, gone] = [keep(spaces.one), keep(spaces.two), keep(spaces.gone)];
    const all = [one, two, gone];
    const choose = chooseSpace(all);
    const graph = neo4jGraph({ choose, database, records: postgresGraph(database, models.current), currentModel: models.current });
    const first = events.find(({ type }) => type === 'opora.cmdb.v1.ItemCreated')?.key ?? '';
    const ask = () => graph.impact({ itemId: first, depth: 6, limit: 500, timeout: 5_000, down: [] });

    await Promise.all([until(one, 'behind'), until(two, 'behind'), eventually(async () => gone.keeper.status().detail?.includes('does not answer'))]);
    expect(one.keeper.status()).toMatchObject({
      name: 'neo4j',
      eventsBehind: events.length,
      detail: expect.stringMatching(/^\d+ of the newest changes are not in it yet\.$/),
    });
    const byRecords = await ask();
    expect(byRecords).toMatchObject({
      servedBy: 'records',
      note: 'No projection is fresh: neo4j is behind, neo4j-2 is behind, neo4j-3 is down.',
    });

    await hear(spaces.one, events);
    await until(one, 'fresh');
    expect([choose().space, choose().space]).toEqual([spaces.one, spaces.one]);
    expect(await ask()).toEqual({ steps: byRecords.steps, servedBy: 'neo4j' });
    expect(bestOf(all.map(({ keeper }) => keeper.status()))).toEqual({ state: 'fresh' });
    expect(two.keeper.status().state).toBe('behind');

    await hear(spaces.two, events);
    await until(two, 'fresh');
    expect(new Set([choose().space, choose().space])).toEqual(new Set([spaces.one, spaces.two]));
    expect(two.keeper.status()).not.toHaveProperty('eventsBehind');
    for (const { keeper } of [one, two]) expect((await keeper.verify()).equal).toBe(true);
  });

  it('is behind by as many seconds and events as the oldest change that it lacks', async () => {
    await rebuildGraph({ space: spaces.one, database, models });
    const events = await liveHistory(database, { seed: 22, turns: 40 });
    const old = events.map((event) => ({ ...event, time: new Date(Date.now() - 3_600_000).toISOString() }));
    await logEvents(database, old);
    const one = keep(spaces.one);
    await until(one, 'behind');
    expect(one.keeper.status().secondsBehind).toBeGreaterThanOrEqual(3_600);
    expect(one.keeper.status().secondsBehind).toBeLessThan(3_700);
  });

  it('is made again on a server that was another one before, because the events that it lacks are waited for elsewhere', async () => {
    await rebuildGraph({ space: spaces.one, database, models });
    const moved = keep({ ...spaces.one, name: 'neo4j-2' });
    await until(moved, 'fresh');
    const { records } = await driver.executeQuery('match (p:Projection {of: $of}) return p.server as server', { of: spaces.one.label });
    expect(records[0]?.get('server')).toBe('neo4j-2');
  });

  it('is refused under a name that there is not', () => {
    const [one, two] = [keep(spaces.one), keep(spaces.two)];
    expect([findReplica([one, two], undefined), findReplica([one, two], 'neo4j-2')]).toEqual([one, two]);
    expect(() => findReplica([one, two], 'neo4j-9')).toThrow(
      expect.objectContaining({ kind: 'invalid_input', violations: [expect.objectContaining({ pointer: '/replica' })] }),
    );
    expect(() => findReplica([], undefined)).toThrow(expect.objectContaining({ kind: 'illegal_state' }));
  });
});
