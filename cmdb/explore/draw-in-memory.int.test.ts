import fc from 'fast-check';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { model, relationTypes, type Shape, shapes, storeGraph } from '../../tests/cmdb/random-graphs.ts';
import type { CompactGraph } from '../graph/memory/compact-graph.ts';
import { loadGraph } from '../graph/memory/load-graph.ts';
import { fullSight } from '../rights/rights.ts';
import { cmdb } from '../service.ts';
import { findScope } from '../timeline/find-scope.ts';
import { type DrawingQuestion, drawAround } from './draw-around.ts';
import { fromRecords } from './draw-graph.ts';
import { drawInMemory } from './draw-in-memory.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(cmdb);
});
afterAll(() => database.close());

const load = () => loadGraph(database, { signal: new AbortController().signal, onPage: () => undefined });

async function compare(graph: CompactGraph, asked: Omit<DrawingQuestion, 'until'>): Promise<void> {
  const question = { ...asked, until: performance.now() + 10_000 };
  expect(await drawInMemory(graph, question)).toEqual(await drawAround(fromRecords(database), question));
}

describe('what is answered from memory besides', () => {
  it('is the same drawing that the records give, each way, whole and cut, with hubs', async () => {
    for (const [index, shape] of fc.sample(shapes(40), { seed: 6, numRuns: 6 }).entries()) {
      const { ids } = await storeGraph(database, shape);
      const graph = await load();
      for (const [perLevel, limit] of [
        [500, 1_000],
        [2, 1_000],
        [3, 7],
      ] as const) {
        const direction = (['out', 'in', 'both'] as const)[(index + perLevel) % 3] ?? 'both';
        const types = index % 2 === 0 ? relationTypes : relationTypes.slice(0, 8);
        await compare(graph, { items: ids.slice(index, index + 2), depth: 3, direction, types, perLevel, limit });
      }
    }
    const types = ['runs_on', 'depends_on', 'located_in'];
    const lines = Array.from({ length: 120 }, (_, place) => ({
      type: types[place % 5 === 0 ? 0 : 1] ?? '',
      from: place + 1,
      to: 0,
      turns: [1_000_001],
    }));
    const { ids } = await storeGraph(database, { size: 121, lines: [...lines, { type: 'located_in', from: 5, to: 0, turns: [1_000_001] }] });
    const graph = await load();
    for (const perLevel of [10, 40, 110]) {
      for (const wanted of [types, ['runs_on', 'located_in']])
        await compare(graph, { items: ids.slice(0, 1), depth: 2, direction: 'both', types: wanted, perLevel, limit: 90 });
    }
  });

  it('are the same items below a service that the records find', async () => {
    const scopeOf = (id: string, graph?: CompactGraph) =>
      findScope(database, {
        id,
        below: true,
        sight: fullSight,
        model,
        timeout: 10_000,
        ...(graph && { memory: { fresh: async () => ({ graph }) } }),
      });
    const some: Shape[] = fc.sample(shapes(40), { seed: 8, numRuns: 3 });
    for (const shape of some) {
      const { ids } = await storeGraph(database, shape);
      const graph = await load();
      for (const id of ids.slice(0, 5)) expect(await scopeOf(id, graph)).toEqual(await scopeOf(id));
    }
  });
});
