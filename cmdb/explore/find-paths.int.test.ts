import fc from 'fast-check';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { firstMoment, lastMoment, relationTypes, type Shape, shapes, storeGraph } from '../../tests/cmdb/random-graphs.ts';
import { compareHops, type Hop } from '../domain/graph/find-paths.ts';
import { cmdb } from '../service.ts';
import { type FoundPaths, type PathQuestion, searchPaths } from './find-paths.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(cmdb);
});
afterAll(() => database.close());

const directions = ['out', 'in', 'both'] as const;
const whole = { direction: 'both', types: relationTypes, depth: 12, limit: 50 } as const;
const search = (question: Omit<PathQuestion, 'until'>) => searchPaths(database, { ...question, until: performance.now() + 10_000 });

type Relation = { from: string; to: string; type: string };

/** The slow and plain way: every walk of that many steps, for each number of steps, until there is one that arrives. */
function oracle(relations: readonly Relation[], { from, to, direction, types, depth, limit }: Omit<PathQuestion, 'until'>): FoundPaths {
  const hops = relations
    .filter(({ type }) => types.includes(type))
    .flatMap((relation): Hop[] => [
      ...(direction === 'in' ? [] : [{ ...relation, way: 'out' as const }]),
      ...(direction === 'out' ? [] : [{ from: relation.to, to: relation.from, type: relation.type, way: 'in' as const }]),
    ]);
  const nearest = new Map([[to, 0]]);
  for (let step = 1; step <= depth; step++)
    for (const hop of hops) if (nearest.get(hop.to) === step - 1 && !nearest.has(hop.from)) nearest.set(hop.from, step);
  const length = nearest.get(from);
  if (length === undefined) return { paths: [], cuts: [] };
  let walks: Hop[][] = [[]];
  for (let step = 1; step <= length; step++)
    walks = walks.flatMap((walk) =>
      hops.filter((hop) => hop.from === (walk.at(-1)?.to ?? from) && nearest.get(hop.to) === length - step).map((hop) => [...walk, hop]),
    );
  walks.sort((one, other) => one.map((hop, index) => compareHops(hop, other[index] as Hop)).find((order) => order !== 0) ?? 0);
  return {
    paths: walks.slice(0, limit),
    cuts: walks.length > limit ? [{ by: 'limit', message: `There are more than ${limit} paths of this length.` }] : [],
  };
}

describe('the shortest paths between two items', () => {
  it('are those of a plain walk in memory, in random graphs, each way, along some types, now and at any moment', async () => {
    let found = 0;
    for (const [index, shape] of fc.sample(shapes(30), { seed: 11, numRuns: 20 }).entries()) {
      const graph = await storeGraph(database, shape);
      for (let pair = 0; pair < 12; pair++) {
        const [from = '', to = ''] = [graph.ids[pair % shape.size], graph.ids[(pair * 7 + index + 1) % shape.size]];
        if (from === to) continue;
        const at = pair % 3 === 0 ? undefined : firstMoment + pair * 90;
        const types = pair % 4 === 3 ? relationTypes.slice(0, 5) : relationTypes;
        for (const limit of [1, 50]) {
          const question = { ...whole, from, to, types, limit, direction: directions[pair % 3] ?? 'both', depth: pair % 5 === 4 ? 2 : 12 };
          const told = await search({ ...question, at });
          expect(told).toEqual(oracle(graph.at(at), question));
          found += told.paths.length;
        }
      }
    }
    expect(found).toBeGreaterThan(100);
  }, 120_000);

  it('are all of a ladder of diamonds, in the order of their items, as far as the limit goes, and one relation more is another path', async () => {
    const now = [firstMoment + 1];
    const rungs = [0, 3, 6].flatMap((base) =>
      [1, 2].flatMap((side) => [
        { type: 'depends_on', from: base, to: base + side, turns: now },
        { type: 'depends_on', from: base + side, to: base + 3, turns: now },
      ]),
    );
    const graph = await storeGraph(database, { size: 10, lines: [...rungs, { type: 'runs_on', from: 0, to: 1, turns: now }] });
    const [from = '', to = ''] = [graph.ids[0], graph.ids[9]];
    const all = await search({ ...whole, from, to });
    expect([all.paths.length, all.cuts]).toEqual([12, []]);
    const few = await search({ ...whole, from, to, limit: 3 });
    expect(few).toEqual({ paths: all.paths.slice(0, 3), cuts: [{ by: 'limit', message: 'There are more than 3 paths of this length.' }] });
    expect(await search({ ...whole, from, to, depth: 5 })).toEqual({ paths: [], cuts: [] });
  });

  it('are found from the other end where one end is a hub, and what is a hub at both ends is said to be too much', async () => {
    const now = [firstMoment + 1];
    const spokes = (hub: number, first: number) =>
      Array.from({ length: 30 }, (_, index) => ({ type: 'depends_on', from: first + index, to: hub, turns: now }));
    const shape: Shape = { size: 64, lines: [...spokes(0, 2), ...spokes(1, 32), { type: 'runs_on', from: 31, to: 63, turns: now }] };
    const { ids } = await storeGraph(database, shape);
    const ask = (from: number, to: number) => search({ ...whole, from: ids[from] ?? '', to: ids[to] ?? '', mostRelations: 20 });
    expect((await ask(0, 63)).paths.map((path) => path.map(({ to }) => ids.indexOf(to)))).toEqual([[31, 63]]);
    expect((await ask(63, 0)).paths.map((path) => path.map(({ to }) => ids.indexOf(to)))).toEqual([[31, 0]]);
    expect(await ask(0, 1)).toEqual({
      paths: [],
      cuts: [{ by: 'items', message: 'Around both ends more than 20 relations would have to be read.' }],
    });
  });

  it('are as they were: a way that ended is there before its end, and not since', async () => {
    const lines = [
      { type: 'runs_on', from: 0, to: 1, turns: [firstMoment + 10, firstMoment + 20, firstMoment + 30] },
      { type: 'runs_on', from: 0, to: 2, turns: [firstMoment + 20, firstMoment + 30] },
      { type: 'runs_on', from: 2, to: 1, turns: [firstMoment + 20] },
    ];
    const { ids } = await storeGraph(database, { size: 3, lines });
    const [from = '', to = ''] = ids;
    const lengths = [9, 10, 19, 20, 29, 30].map(async (after) => (await search({ ...whole, from, to, at: firstMoment + after })).paths[0]?.length);
    expect(await Promise.all(lengths)).toEqual([undefined, 1, 1, 2, 2, 1]);
    expect((await search({ ...whole, from, to, at: lastMoment })).paths).toEqual((await search({ ...whole, from, to })).paths);
  });

  it('are not looked for when there is no time', async () => {
    const { ids } = await storeGraph(database, { size: 2, lines: [{ type: 'runs_on', from: 0, to: 1, turns: [firstMoment + 1] }] });
    const told = await searchPaths(database, { ...whole, from: ids[0] ?? '', to: ids[1] ?? '', until: performance.now() - 1 });
    expect(told).toEqual({ paths: [], cuts: [{ by: 'time', message: 'The time was over after 0 steps.' }] });
  });
});
