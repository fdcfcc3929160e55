import fc from 'fast-check';
import { newUuid } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { raw, sql } from '../../platform/postgres/sql.ts';
import { newItem } from '../domain/item.ts';
import { compileModel } from '../domain/model/compile-model.ts';
import { type RelationState, relate, unrelate } from '../domain/relation.ts';
import { readPacks } from '../model/read-packs.ts';
import { writeItems } from '../storage/item-store.ts';
import { writeRelations } from '../storage/relation-store.ts';
import type { Graph, NeighboursQuestion, Reached, Step } from './graph.ts';

export interface GraphUnderTest {
  graph: Graph;
  /** The records that the graph is of. */
  database: Database;
  /** Resolves when the graph knows all that is in the records. */
  catchUp(): Promise<void>;
  servedBy: Reached['servedBy'];
}

/** A relation between the items at two places of a list. */
interface Edge {
  type: string;
  from: number;
  to: number;
}

interface Shape {
  size: number;
  edges: Edge[];
}

/** The model that every adapter under test is given. */
export const model = compileModel(await readPacks());

const author = { actorId: 'ivan', actorName: 'Иван' };
const types = [...model.relationTypes.keys()];
const directions = ['out', 'in', 'both'] as const;
const all = { limit: 5_000, timeout: 10_000 };

const shapes = fc.integer({ min: 1, max: 40 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    edges: fc.uniqueArray(fc.record({ type: fc.constantFrom(...types), from: fc.nat(size - 1), to: fc.nat(size - 1) }), {
      maxLength: size * 3,
      selector: ({ type, from, to }) => `${from} ${type} ${to}`,
    }),
  }),
);

/** Every adapter answers as a plain walk in memory does: cycles, diamonds, hubs, caps. */
export function graphContract(open: () => Promise<GraphUnderTest>): void {
  let subject: GraphUnderTest;
  beforeAll(async () => {
    subject = await open();
  });

  /** Puts a shape into the records; gives the ids of its items and its relations. */
  async function store({ size, edges }: Shape) {
    const ids = Array.from({ length: size }, () => newUuid());
    const items = ids.map((id) => ({ after: newItem({ id, source: 'test', key: id }, { class: 'server', name: id }, 1_000) }));
    const relations = edges
      .filter(({ from, to }) => from !== to)
      .flatMap(
        ({ type, from, to }) => relate(undefined, { id: newUuid(), type, fromId: ids[from] ?? '', toId: ids[to] ?? '', source: 'test' }, 1_000) ?? [],
      );
    await subject.database.commit({ statements: writeItems(items, author, { classes: new Map(), sensitive: new Set() }) });
    await subject.database.commit({ statements: writeRelations(relations, author) });
    return { ids, relations };
  }

  const expectAnswer = async (asked: Promise<Reached>, steps: Step[]) =>
    expect(await asked).toEqual({ steps, truncated: false, servedBy: subject.servedBy });

  it('tells who is around and what breaks in random graphs as a walk in memory does', async () => {
    const graphs = await Promise.all(fc.sample(shapes, { seed: 7, numRuns: 8 }).map(store));
    await subject.catchUp();
    for (const [index, { ids, relations }] of graphs.entries()) {
      const itemId = ids[index % ids.length] ?? '';
      for (const depth of [1, 2, 6]) {
        await expectAnswer(subject.graph.impact({ itemId, depth, ...all }), oracle(itemId, depth, failureEdges(relations)));
        for (const direction of directions) {
          const chosen = [types, ['runs_on', 'part_of', 'replicates_with'], ['depends_on']][(index + depth) % 3] ?? types;
          const question = { itemId, depth, direction, types: chosen, ...all };
          await expectAnswer(subject.graph.neighbours(question), oracle(itemId, depth, edgesAlong(relations, question)));
        }
      }
    }
  }, 120_000);

  it('goes round a cycle once, and takes the shorter way through a diamond', async () => {
    const edges = [
      { type: 'runs_on', from: 0, to: 1 },
      { type: 'depends_on', from: 1, to: 2 },
      { type: 'hosted_on', from: 2, to: 0 },
      { type: 'runs_on', from: 3, to: 1 },
      { type: 'depends_on', from: 3, to: 2 },
      { type: 'runs_on', from: 4, to: 3 },
    ];
    const { ids, relations } = await store({ size: 5, edges });
    await subject.catchUp();
    for (const itemId of ids) await expectAnswer(subject.graph.impact({ itemId, depth: 6, ...all }), oracle(itemId, 6, failureEdges(relations)));
    const { steps } = await subject.graph.impact({ itemId: ids[2] ?? '', depth: 6, ...all });
    expect(Object.fromEntries(steps.map(({ id, distance }) => [ids.indexOf(id), distance]))).toEqual({ 1: 1, 3: 1, 0: 2, 4: 2 });
  });

  it('reaches nothing through an item that is not among those that may be reached', async () => {
    const edges = [
      { type: 'depends_on', from: 1, to: 0 },
      { type: 'depends_on', from: 2, to: 1 },
      { type: 'depends_on', from: 3, to: 0 },
      { type: 'depends_on', from: 4, to: 3 },
      { type: 'depends_on', from: 4, to: 2 },
    ];
    const { ids, relations } = await store({ size: 5, edges });
    await subject.catchUp();
    const among = (alias: string) => sql`${raw(`${alias}.id`)} <> ${ids[1]}::uuid`;
    const seen = relations.filter(({ fromId, toId }) => fromId !== ids[1] && toId !== ids[1]);
    const itemId = ids[0] ?? '';
    const [impact, around] = await Promise.all([
      subject.graph.impact({ itemId, depth: 6, ...all, among }),
      subject.graph.neighbours({ itemId, depth: 6, direction: 'both', types, ...all, among }),
    ]);
    expect(impact).toMatchObject({ steps: oracle(itemId, 6, failureEdges(seen)), servedBy: 'records' });
    expect(around).toMatchObject({ steps: oracle(itemId, 6, edgesAlong(seen, { direction: 'both', types })), servedBy: 'records' });
    expect(around.steps).toHaveLength(3);
  });

  it('says that it was cut where there is more than the cap, and every way that it gives is true', async () => {
    const spokes = Array.from({ length: 300 }, (_, index) => ({ type: 'depends_on', from: index + 1, to: 0 }));
    const behind = Array.from({ length: 300 }, (_, index) => ({ type: 'runs_on', from: index + 301, to: (index % 300) + 1 }));
    const { ids, relations } = await store({ size: 601, edges: [...spokes, ...behind] });
    await subject.catchUp();
    const itemId = ids[0] ?? '';
    const whole = oracle(itemId, 2, failureEdges(relations));
    await expectAnswer(subject.graph.impact({ itemId, depth: 2, limit: 600, timeout: 10_000 }), whole);
    const isEdge = new Set(failureEdges(relations).map(({ from, to, type }) => `${from} ${type} ${to}`));
    for (const limit of [1, 299, 300, 301, 599]) {
      const { steps, truncated } = await subject.graph.impact({ itemId, depth: 2, limit, timeout: 10_000 });
      expect(truncated).toBe(true);
      expect(steps.length).toBeGreaterThan(0);
      expect(steps.length).toBeLessThanOrEqual(limit);
      const distances = new Map([[itemId, 0], ...steps.map(({ id, distance }): [string, number] => [id, distance])]);
      for (const { id, distance, via } of steps) {
        expect(isEdge).toContain(`${via.id} ${via.type} ${id}`);
        expect(distances.get(via.id)).toBe(distance - 1);
      }
    }
  });

  it('forgets a relation that ended and knows it again when it comes back', async () => {
    const { ids, relations } = await store({ size: 2, edges: [{ type: 'replicates_with', from: 0, to: 1 }] });
    const [first] = relations;
    const ended = first && unrelate(first, 2_000);
    const back = ended && relate(ended, { ...ended }, 3_000);
    if (!ended || !back) throw new Error('There is no relation.');
    const impactOf = async (itemId = '') => (await subject.graph.impact({ itemId, depth: 6, ...all })).steps.map(({ id }) => id);
    await subject.database.commit({ statements: writeRelations([ended], author) });
    await subject.catchUp();
    expect([await impactOf(ids[0]), await impactOf(ids[1])]).toEqual([[], []]);
    await subject.database.commit({ statements: writeRelations([back], author) });
    await subject.catchUp();
    expect([await impactOf(ids[0]), await impactOf(ids[1])]).toEqual([[ids[1]], [ids[0]]]);
  });

  it('says that it was cut when there is no time', async () => {
    const { ids } = await store({ size: 2, edges: [{ type: 'runs_on', from: 0, to: 1 }] });
    await subject.catchUp();
    const { steps, truncated } = await subject.graph.impact({ itemId: ids[1] ?? '', depth: 6, limit: 10, timeout: 0 });
    expect({ steps, truncated }).toEqual({ steps: [], truncated: true });
  });
}

interface Directed {
  from: string;
  to: string;
  type: string;
}

function failureEdges(relations: readonly RelationState[]): Directed[] {
  return relations.flatMap(({ type, fromId, toId }) => {
    const failure = model.relationTypes.get(type)?.failure;
    return [
      ...(failure === 'forward' || failure === 'both' ? [{ from: fromId, to: toId, type }] : []),
      ...(failure === 'backward' || failure === 'both' ? [{ from: toId, to: fromId, type }] : []),
    ];
  });
}

function edgesAlong(relations: readonly RelationState[], { direction, types: chosen }: Pick<NeighboursQuestion, 'direction' | 'types'>): Directed[] {
  return relations
    .filter(({ type }) => chosen.includes(type))
    .flatMap(({ type, fromId, toId }) => [
      ...(direction === 'in' ? [] : [{ from: fromId, to: toId, type }]),
      ...(direction === 'out' ? [] : [{ from: toId, to: fromId, type }]),
    ]);
}

/** The slow and plain way: distances settle by going over all edges as often as there are steps; then each item looks back for its smallest way. */
function oracle(start: string, depth: number, edges: readonly Directed[]): Step[] {
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
