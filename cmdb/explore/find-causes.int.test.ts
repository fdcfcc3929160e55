import fc from 'fast-check';
import { newUuid } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { firstMoment, model, shapes, storeGraph } from '../../tests/cmdb/random-graphs.ts';
import { buildNet, type NetItem } from '../domain/graph/failure-net.ts';
import { chooseCandidates, findCauses } from '../domain/graph/find-causes.ts';
import type { Hop } from '../domain/graph/find-paths.ts';
import { readRedundancy } from '../domain/impact/redundancy.ts';
import { cmdb } from '../service.ts';
import { searchCauses } from './find-causes.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(cmdb);
});
afterAll(() => database.close());

const day = 24 * 3_600_000;
const later = firstMoment + 10_000;
const search = (asked: { broken: string[]; up?: string[]; at?: number | undefined; now?: number }) =>
  searchCauses(database, { up: [], now: later, ...asked, model, until: performance.now() + 10_000 });

/** What item each place has: some need only some of their members, some are not simply in use. */
const needs = [['part_of:2'], ['depends_on:50%'], ['part_of:1', 'runs_on:1']];
const states = ['in_use', 'in_use', 'in_repair', 'in_use', 'in_use', 'retired', 'in_use'];
const describeItem = (place: number) => ({
  attributes: { lifecycleState: states[place % 7] ?? 'in_use', ...(place % 4 === 1 && { redundancy: needs[place % 3] ?? [] }) },
});

/** The net of ALL items and relations, in memory. */
function wholeNet(ids: readonly string[], relations: readonly { from: string; to: string; type: string }[]) {
  const hops = relations.flatMap(({ from, to, type }): Hop[] => {
    const failure = model.relationTypes.get(type)?.failure;
    return [
      ...(failure === 'forward' || failure === 'both' ? [{ from, to, type, way: 'out' as const }] : []),
      ...(failure === 'backward' || failure === 'both' ? [{ from: to, to: from, type, way: 'in' as const }] : []),
    ];
  });
  const server = model.classes.get('server');
  const items = ids.map((id, place): [string, NetItem] => {
    const { lifecycleState, redundancy } = describeItem(place).attributes as { lifecycleState: string; redundancy?: string[] };
    return [id, { phase: server?.states.get(lifecycleState)?.phase, needs: readRedundancy(redundancy) }];
  });
  return buildNet(hops, new Map(items), (type) => model.relationTypes.get(type)?.weight ?? 1);
}

describe('the causes of what is broken', () => {
  it('are found in the records as in the whole graph in memory, in random graphs, now and at any moment', async () => {
    let explained = 0;
    const types = ['depends_on', 'runs_on', 'part_of', 'supplies', 'replicates_with', 'documents', 'connected_to'];
    for (const [index, shape] of fc.sample(shapes(40, types), { seed: 21, numRuns: 12 }).entries()) {
      const graph = await storeGraph(database, shape, describeItem);
      for (let turn = 0; turn < 6; turn++) {
        const at = turn % 2 === 0 ? undefined : firstMoment + turn * 190;
        const broken = graph.ids.filter((_, place) => (place + index) % (turn + 3) === 0).slice(0, 6);
        const up = graph.ids.filter((id, place) => place % 9 === turn && !broken.includes(id));
        if (broken.length === 0) continue;
        const asked = { net: wholeNet(graph.ids, graph.at(at)), broken, up, evidence: new Map(), depth: 6 };
        const expected = findCauses({ ...asked, candidates: chooseCandidates(asked, 500).ids, ranked: 20 });
        const { causes, ranking, unexplained, isOverTime, cuts } = await search({ broken, up, at });
        expect({ causes, ranking, unexplained, isOverTime }).toEqual(expected);
        expect(cuts).toEqual([]);
        explained += causes.length;
      }
    }
    expect(explained).toBeGreaterThan(20);
  }, 120_000);

  it('know what was changed in the day before: an item, and relations that came or ended, but not what came into being', async () => {
    const line = (from: number, to: number, ...turns: number[]) => ({ type: 'depends_on', from, to, turns: turns.map((turn) => firstMoment + turn) });
    const lines = [line(0, 1, 100), line(0, 2, 800), line(0, 3, 100), line(3, 4, 100, 700), line(0, 5, 100), line(5, 6, 100, 400), line(0, 7, 100)];
    const { ids } = await storeGraph(database, { size: 9, lines });
    const moment = firstMoment + day + 500;
    await database.query(sql`update item set version = 2, updated_at = ${new Date(firstMoment + 900)} where id = ${ids[7]}`);
    await database.query(sql`insert into relation (id, type, from_id, to_id, source, state, version, created_at, updated_at)
      values (${newUuid()}, 'depends_on', ${ids[0]}, ${ids[8]}, 'test', 'active', 1, ${new Date(moment + 1)}, ${new Date(moment + 1)})`);
    const [broken = ''] = ids;
    for (const asked of [{ now: moment }, { now: later + day * 30, at: moment }]) {
      const { evidence } = await search({ broken: [broken], ...asked });
      const told = ids.map((id) => {
        const { changedAt, relationChangedAt } = evidence.get(id) ?? {};
        return [changedAt, relationChangedAt].map((at) => (at === undefined ? undefined : at - firstMoment));
      });
      expect(told).toEqual(
        [[undefined, 800], [undefined, undefined], [undefined, 800], [undefined, 700], [], [], [], [900, undefined], []].map((one) =>
          one.length === 0 ? [undefined, undefined] : one,
        ),
      );
    }
  });

  it('say so when an item depends on more than is looked at, or nothing could be looked at in time', async () => {
    const broken = newUuid();
    await database.query(sql`insert into relation (id, type, from_id, to_id, source, state, version, created_at, updated_at)
      select gen_random_uuid(), 'depends_on', ${broken}::uuid, gen_random_uuid(), 'test', 'active', 1, now(), now() from generate_series(1, 1500)`);
    const { net, cuts } = await search({ broken: [broken] });
    expect(net.back.get(broken)).toHaveLength(1_001);
    expect(cuts.map(({ by, message }) => `${by}: ${message}`)).toEqual([
      'items: Of items that depend on more than 1000 others only the first were looked at.',
      'items: Of those that lead to what is broken, only the 500 that lead to most of it were weighed.',
    ]);
    const late = await searchCauses(database, { broken: [broken], up: [], now: later, model, until: performance.now() - 1 });
    expect(late.cuts.map(({ by }) => by)).toEqual(['time', 'time']);
    expect(late.unexplained).toEqual([broken]);
  });
});
