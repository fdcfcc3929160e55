import fc from 'fast-check';
import { newUuid } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { firstMoment, lastMoment, relationTypes, shapes, storeGraph } from '../../tests/cmdb/random-graphs.ts';
import { cmdb } from '../service.ts';
import { type Drawing, type DrawingQuestion, drawAround } from './draw-around.ts';
import { fromRecords } from './draw-graph.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(cmdb);
});
afterAll(() => database.close());

const directions = ['out', 'in', 'both'] as const;
const whole = { direction: 'both', types: relationTypes, depth: 1, perLevel: 500, limit: 1_000 } as const;
const draw = (question: Omit<DrawingQuestion, 'until'>) => drawAround(fromRecords(database), { ...question, until: performance.now() + 10_000 });

type Relation = { from: string; to: string; type: string };

const inOrder = (relations: readonly Relation[]) => relations.map(({ from, to, type }) => `${from} ${to} ${type}`).sort();
const moreOf = ({ more }: Drawing) =>
  [...more.values()]
    .flat()
    .map(({ id, way, type, count, atLeast }) => `${id} ${way} ${type} ${count}${atLeast ? '+' : ''}`)
    .sort();

/** Distances settle by going over all relations as often as there are steps; what leads out of the drawing is counted one by one. */
function oracle(relations: readonly Relation[], { items, depth, direction, types }: Omit<DrawingQuestion, 'until'>) {
  const known = relations.filter(({ type }) => types.includes(type));
  const nodes = new Map(items.map((id) => [id, 0]));
  const reach = (from: string, to: string, step: number) => {
    if (nodes.get(from) === step - 1 && !nodes.has(to)) nodes.set(to, step);
  };
  for (let step = 1; step <= depth; step++)
    for (const { from, to } of known) {
      if (direction !== 'in') reach(from, to, step);
      if (direction !== 'out') reach(to, from, step);
    }
  const counts = new Map<string, number>();
  const add = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { from, to, type } of known) {
    if (direction !== 'in' && nodes.has(from) && !nodes.has(to)) add(`${from} out ${type}`);
    if (direction !== 'out' && nodes.has(to) && !nodes.has(from)) add(`${to} in ${type}`);
  }
  return {
    nodes: [...nodes].sort(([one, near], [other, far]) => near - far || (one < other ? -1 : 1)),
    edges: inOrder(known.filter(({ from, to }) => nodes.has(from) && nodes.has(to))),
    more: [...counts].map(([key, count]) => `${key} ${count}`).sort(),
  };
}

describe('a drawing', () => {
  it('has the items and relations of a plain walk in memory and counts the rest, in random graphs, each way, now and at any moment', async () => {
    let counted = 0;
    for (const [index, shape] of fc.sample(shapes(40), { seed: 5, numRuns: 10 }).entries()) {
      const graph = await storeGraph(database, shape);
      for (let turn = 0; turn < 9; turn++) {
        const at = turn % 3 === 0 ? undefined : firstMoment + turn * 110;
        const items = graph.ids.filter((_, place) => place % (turn + 3) === index % 3).slice(0, 3);
        if (items.length === 0) continue;
        const types = turn % 4 === 3 ? relationTypes.slice(0, 6) : relationTypes;
        const question = { ...whole, items, types, direction: directions[turn % 3] ?? 'both', depth: (turn % 4) + 1 };
        const told = await draw({ ...question, at });
        const expected = oracle(graph.at(at), question);
        expect({ nodes: [...told.nodes], edges: inOrder(told.edges), more: moreOf(told), cuts: told.cuts }).toEqual({ ...expected, cuts: [] });
        counted += expected.more.length;
      }
    }
    expect(counted).toBeGreaterThan(50);
  }, 120_000);

  it('never has more than its caps, leaves no relation among its items out, counts what each leads to besides, and says that it was cut', async () => {
    for (const shape of fc.sample(shapes(40), { seed: 9, numRuns: 6 })) {
      const graph = await storeGraph(database, { ...shape, lines: shape.lines.map((line) => ({ ...line, turns: line.turns.slice(0, 1) })) });
      const relations = graph.at();
      for (const [perLevel, limit] of [
        [2, 1_000],
        [500, 7],
        [3, 5],
      ] as const) {
        const question = { ...whole, items: graph.ids.slice(0, 2), depth: 3, perLevel, limit };
        const told = await draw(question);
        expect(told).toEqual(await draw(question));
        expect(told.nodes.size).toBeLessThanOrEqual(limit);
        for (const level of [1, 2, 3]) expect([...told.nodes.values()].filter((distance) => distance === level).length).toBeLessThanOrEqual(perLevel);
        const isShown = (id: string) => told.nodes.has(id);
        for (const [id, distance] of told.nodes) {
          if (distance === 0) continue;
          const steps = relations.filter(({ from, to }) => from === id || to === id).map(({ from, to }) => told.nodes.get(from === id ? to : from));
          expect(steps).toContain(distance - 1);
        }
        expect(inOrder(told.edges)).toEqual(inOrder(relations.filter(({ from, to }) => isShown(from) && isShown(to))));
        const beyond = oracle(relations, { ...question, items: [...told.nodes.keys()], depth: 0 }).more;
        expect(moreOf(told)).toEqual(beyond);
        const isWhole = oracle(relations, question).nodes.length === told.nodes.size;
        expect(told.cuts.length > 0).toBe(!isWhole);
      }
    }
  }, 120_000);

  it('shows of a hub the first neighbours of each type, and says of the others how many there are, as far as it counts', async () => {
    const [hub, other] = [newUuid(), newUuid()];
    const insert = (type: string, count: number, to = hub) =>
      database.query(sql`insert into relation (id, type, from_id, to_id, source, state, version, created_at, updated_at)
        select gen_random_uuid(), ${type}, gen_random_uuid(), ${to}::uuid, 'test', 'active', 1, now(), now() from generate_series(1, ${count}::int)`);
    await insert('depends_on', 12_000);
    await insert('located_in', 250);
    await insert('runs_on', 3);
    await insert('part_of', 150, other);
    const told = await draw({ ...whole, items: [hub], perLevel: 10 });
    const drawn = ['depends_on', 'located_in', 'runs_on'].map((wanted) => told.edges.filter(({ type }) => type === wanted).length);
    expect(drawn).toEqual([4, 3, 3]);
    expect(moreOf(told)).toEqual([`${hub} in depends_on 9996+`, `${hub} in located_in 247`]);
    expect(told.cuts).toEqual([{ by: 'limit', message: 'At distance 1 there are more items than are drawn.' }]);
    expect(moreOf(await draw({ ...whole, items: [other], depth: 1, perLevel: 500 }))).toEqual([]);
    const then = await draw({ ...whole, items: [hub], perLevel: 10, at: Date.now() + 1_000 });
    expect([then.nodes.size, moreOf(then)]).toEqual([11, moreOf(told)]);
    expect((await draw({ ...whole, items: [hub], at: 1_000 })).edges).toEqual([]);
  });

  it('finds the relation between two hubs without reading either, now and then', async () => {
    const [feeder, fed] = [newUuid(), newUuid()];
    const insert = (from: string | null, to: string | null, count: number) =>
      database.query(sql`insert into relation (id, type, from_id, to_id, source, state, version, created_at, updated_at)
        select gen_random_uuid(), 'supplies', coalesce(${from}::uuid, gen_random_uuid()), coalesce(${to}::uuid, gen_random_uuid()), 'test', 'active', 1,
          ${new Date(firstMoment)}, ${new Date(firstMoment)} from generate_series(1, ${count}::int)`);
    await insert(feeder, null, 300);
    await insert(null, fed, 300);
    await insert(feeder, fed, 1);
    const both = { ...whole, items: [feeder, fed], perLevel: 1 };
    const between = { from: feeder, to: fed, type: 'supplies' };
    expect((await draw(both)).edges).toContainEqual(between);
    expect((await draw({ ...both, at: firstMoment })).edges).toContainEqual(between);
    await database.query(sql`insert into relation_version (relation_id, version, valid_from, valid_to, from_id, to_id, source, state, actor_id, actor_name, unauthorised)
      select id, 1, ${new Date(firstMoment)}, ${new Date(lastMoment)}, from_id, to_id, 'test', 'active', '', '', false from relation where from_id = ${feeder} and to_id = ${fed}`);
    await database.query(
      sql`update relation set state = 'removed', version = 2, updated_at = ${new Date(lastMoment)} where from_id = ${feeder} and to_id = ${fed}`,
    );
    expect((await draw(both)).edges).not.toContainEqual(between);
    expect((await draw({ ...both, at: lastMoment - 1 })).edges).toContainEqual(between);
    expect((await draw({ ...both, at: lastMoment })).edges).not.toContainEqual(between);
  });

  it('is what it was: a relation is there from the moment when it came until the moment before it ended', async () => {
    const turns = [firstMoment + 10, firstMoment + 20, firstMoment + 30];
    const { ids } = await storeGraph(database, { size: 2, lines: [{ type: 'runs_on', from: 0, to: 1, turns }] });
    const [from = '', to = ''] = ids;
    for (const [after, isThere] of [
      [9, false],
      [10, true],
      [19, true],
      [20, false],
      [29, false],
      [30, true],
    ] as const) {
      const at = firstMoment + after;
      const [around, both] = [await draw({ ...whole, items: [from], at }), await draw({ ...whole, items: ids, depth: 1, at })];
      expect([after, around.nodes.has(to), both.edges.length]).toEqual([after, isThere, isThere ? 1 : 0]);
      const alone = await drawAround(fromRecords(database), { ...whole, items: [from], at, until: performance.now() - 1 });
      expect([after, moreOf(alone)]).toEqual([after, isThere ? [`${from} out runs_on 1`] : []]);
    }
  });

  it('says that the time was over, and is what was found by then', async () => {
    const { ids } = await storeGraph(database, { size: 2, lines: [{ type: 'runs_on', from: 0, to: 1, turns: [firstMoment + 1] }] });
    const told = await drawAround(fromRecords(database), { ...whole, items: ids.slice(0, 1), until: performance.now() - 1 });
    expect([[...told.nodes.keys()], moreOf(told)]).toEqual([ids.slice(0, 1), [`${ids[0]} out runs_on 1`]]);
    expect(told.cuts).toEqual([{ by: 'time', message: 'The time was over after 0 steps.' }]);
  });
});
