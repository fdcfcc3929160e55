import fc from 'fast-check';
import type { Database } from '../../platform/postgres/database.ts';
import type { RelationState } from '../domain/relation.ts';
import type { Graph, NeighboursQuestion, Reached, Step } from './graph.ts';
import { type Directed, store } from './graph-shape.contract.ts';
import { impactContract, shapes, types } from './impact.contract.ts';
import { storiesContract } from './impact-stories.contract.ts';

export interface GraphUnderTest {
  graph: Graph;
  /** The records that the graph is of. */
  database: Database;
  /** Resolves when the graph knows all that is in the records. */
  catchUp(): Promise<void>;
  servedBy: Reached<Step>['servedBy'];
}

const directions = ['out', 'in', 'both'] as const;

/** Every adapter answers as a plain walk in memory does. */
export function graphContract(open: () => Promise<GraphUnderTest>): void {
  let subject: GraphUnderTest;
  beforeAll(async () => {
    subject = await open();
  });

  describe('what breaks', () => impactContract(() => subject));
  describe('a story of what breaks', () => storiesContract(() => subject));

  it('tells who is around in random graphs as a walk in memory does', async () => {
    const graphs = [];
    for (const shape of fc.sample(shapes, { seed: 7, numRuns: 8 })) graphs.push(await store(subject.database, shape));
    await subject.catchUp();
    for (const [index, { ids, relations }] of graphs.entries()) {
      const itemId = ids[index % ids.length] ?? '';
      for (const depth of [1, 2, 6]) {
        for (const direction of directions) {
          const chosen = [types, ['runs_on', 'part_of', 'replicates_with'], ['depends_on']][(index + depth) % 3] ?? types;
          const steps = walkPlainly(itemId, depth, edgesAlong(relations, { direction, types: chosen }));
          const question = { itemId, depth, direction, types: chosen, limit: 5_000, timeout: 10_000 };
          expect(await subject.graph.neighbours(question)).toEqual({ steps, servedBy: subject.servedBy });
        }
      }
    }
  }, 120_000);

  it('says of who is around that it was cut by the limit, or by time', async () => {
    const edges = Array.from({ length: 20 }, (_, index) => ({ type: 'depends_on', from: index + 1, to: 0 }));
    const { ids } = await store(subject.database, { items: Array.from({ length: 21 }, () => ({})), edges });
    await subject.catchUp();
    const question = { itemId: ids[0] ?? '', depth: 6, direction: 'in' as const, types, limit: 19, timeout: 10_000 };
    const { steps, ...rest } = await subject.graph.neighbours(question);
    expect([steps.length, rest]).toEqual([19, { cutBy: 'nodes', servedBy: subject.servedBy }]);
    expect(await subject.graph.neighbours({ ...question, limit: 20 })).not.toHaveProperty('cutBy');
    expect(await subject.graph.neighbours({ ...question, timeout: 0 })).toMatchObject({ steps: [], cutBy: 'time' });
  });
}

export function edgesAlong(
  relations: readonly RelationState[],
  { direction, types: chosen }: Pick<NeighboursQuestion, 'direction' | 'types'>,
): Directed[] {
  return relations
    .filter(({ type }) => chosen.includes(type))
    .flatMap(({ type, fromId, toId }) => [
      ...(direction === 'in' ? [] : [{ from: fromId, to: toId, type }]),
      ...(direction === 'out' ? [] : [{ from: toId, to: fromId, type }]),
    ]);
}

/** The slow and plain way: distances settle by going over all edges as often as there are steps; then each item looks back for its smallest way. */
export function walkPlainly(start: string, depth: number, edges: readonly Directed[]): Step[] {
  const distances = new Map([[start, 0]]);
  for (let step = 1; step <= depth; step++) {
    for (const { from, to } of edges) if (distances.get(from) === step - 1 && !distances.has(to)) distances.set(to, step);
  }
  distances.delete(start);
  const steps = [...distances].map(([id, distance]): Step => {
    const ways = edges.filter(({ from, to }) => to === id && (distance === 1 ? from === start : distances.get(from) === distance - 1));
    const [way] = ways.sort((one, other) => (`${one.from} ${one.type}` < `${other.from} ${other.type}` ? -1 : 1));
    return { id, distance, via: { id: way?.from ?? '', type: way?.type ?? '' } };
  });
  return steps.sort((one, other) => one.distance - other.distance || (one.id < other.id ? -1 : 1));
}
