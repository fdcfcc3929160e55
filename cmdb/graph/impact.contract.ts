import fc from 'fast-check';
import type { ImpactStep } from '../domain/impact/spread-failure.ts';
import { relate, unrelate } from '../domain/relation.ts';
import { writeRelations } from '../storage/relation-store.ts';
import type { GraphUnderTest } from './graph.contract.ts';
import { author, failureEdges, model, type Shape, store } from './graph-shape.contract.ts';
import { impactOracle } from './impact-oracle.contract.ts';

export const types = [...model.relationTypes.keys()];
const all = { depth: 6, limit: 5_000, timeout: 10_000, down: [] };

const needs = ['1', '1', '1', '2', '3', '30%', '50%', '100%'];
/** Of few types, so that there are groups with several members. */
const grouped = ['runs_on', 'part_of', 'replicates_with'];
const itemsOfAllSorts = fc.record(
  {
    redundancy: fc.uniqueArray(fc.tuple(fc.constantFrom(...grouped), fc.constantFrom(...needs)), {
      selector: ([type]) => type,
      minLength: 1,
      maxLength: 3,
    }),
    lifecycleState: fc.constantFrom('in_use', 'in_use', 'in_use', 'in_use', 'in_stock', 'in_repair', 'disposed'),
  },
  { requiredKeys: [] },
);
/** Graphs with redundancy, phases of life, cycles, diamonds and hubs. */
export const shapes: fc.Arbitrary<Shape> = fc.integer({ min: 2, max: 40 }).chain((size) => {
  const place = fc.oneof({ weight: 4, arbitrary: fc.nat(size - 1) }, { weight: 1, arbitrary: fc.constant(0) });
  const type = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...grouped) }, { weight: 1, arbitrary: fc.constantFrom(...types) });
  return fc.record({
    items: fc.array(
      itemsOfAllSorts.map(({ redundancy, ...attributes }) => ({
        attributes: { ...attributes, ...(redundancy && { redundancy: redundancy.map((entry) => entry.join(':')) }) },
      })),
      { minLength: size, maxLength: size, size: 'max' },
    ),
    edges: fc.uniqueArray(fc.record({ type, from: place, to: place }), {
      minLength: size,
      maxLength: size * 3,
      size: 'max',
      selector: (edge) => `${edge.from} ${edge.type} ${edge.to}`,
    }),
  });
});

/** Every adapter says what breaks as the slow and plain way does: redundancy, phases of life, cycles, diamonds, hubs, weights, caps. */
export function impactContract(open: () => GraphUnderTest): void {
  const impactOf = (itemId = '', more: object = {}) => open().graph.impact({ itemId, ...all, ...more });

  it('is the same in random graphs as the slow and plain way finds it', async () => {
    const stored = [];
    for (const shape of fc.sample(shapes, { seed: 11, numRuns: 60 })) stored.push(await store(open().database, shape));
    await open().catchUp();
    const seen = { broken: 0, at_risk: 0, already_down: 0 };
    for (const [index, graph] of stored.entries()) {
      const [itemId = '', other = ''] = [graph.ids[index % graph.ids.length], graph.ids[(index + 1) % graph.ids.length]];
      for (const [depth, down] of [
        [6, []],
        [6, [other]],
        [1, []],
        [3, [other]],
      ] as [number, string[]][]) {
        const { classes, ...reached } = await impactOf(itemId, { depth, down });
        if (classes) expect(classes).toEqual(reached.steps.map(({ id }) => graph.items.get(id)?.class));
        expect(reached).toEqual({ steps: impactOracle(graph, { itemId, depth, down }), servedBy: open().servedBy });
        for (const { state } of reached.steps) seen[state] += 1;
      }
    }
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(40);
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
    const { ids } = await store(open().database, { items: Array.from({ length: 5 }, () => ({})), edges });
    await open().catchUp();
    const { steps } = await impactOf(ids[2]);
    expect(Object.fromEntries(steps.map(({ id, distance }) => [ids.indexOf(id), distance]))).toEqual({ 1: 1, 3: 1, 0: 2, 4: 2 });
  });

  it('says that it was cut where there is more than the cap, and every way that it gives is true', async () => {
    const spokes = Array.from({ length: 300 }, (_, index) => ({ type: 'depends_on', from: index + 1, to: 0 }));
    const behind = Array.from({ length: 300 }, (_, index) => ({ type: 'runs_on', from: index + 301, to: (index % 300) + 1 }));
    const graph = await store(open().database, { items: Array.from({ length: 601 }, () => ({})), edges: [...spokes, ...behind] });
    await open().catchUp();
    const itemId = graph.ids[0] ?? '';
    const whole = impactOracle(graph, { itemId, depth: 2, down: [] });
    expect(await impactOf(itemId, { depth: 2, limit: 600 })).toMatchObject({ steps: whole, servedBy: open().servedBy });
    const isEdge = new Set(failureEdges(graph.relations).map(({ from, to, type }) => `${from} ${type} ${to}`));
    for (const limit of [1, 299, 300, 301, 599]) {
      const { steps, cutBy, servedBy } = await impactOf(itemId, { depth: 2, limit });
      expect([cutBy, servedBy]).toEqual(['nodes', open().servedBy === 'memory' ? 'memory' : 'records']);
      expect(steps).toHaveLength(limit);
      const distances = new Map([[itemId, 0], ...steps.map(({ id, distance }): [string, number] => [id, distance])]);
      for (const { id, distance, via } of steps) {
        expect(isEdge).toContain(`${via.id} ${via.type} ${id}`);
        expect(distances.get(via.id)).toBe(distance - 1);
      }
    }
  });

  it('forgets a relation that ended and knows it again when it comes back', async () => {
    const { ids, relations } = await store(open().database, { items: [{}, {}], edges: [{ type: 'replicates_with', from: 0, to: 1 }] });
    const [first] = relations;
    const ended = first && unrelate(first, 2_000);
    const back = ended && relate(ended, { ...ended }, 3_000);
    if (!ended || !back) throw new Error('There is no relation.');
    const hit = async (itemId = '') => (await impactOf(itemId)).steps.map(({ id }: ImpactStep) => id);
    await open().database.commit({ statements: writeRelations([ended], author) });
    await open().catchUp();
    expect([await hit(ids[0]), await hit(ids[1])]).toEqual([[], []]);
    await open().database.commit({ statements: writeRelations([back], author) });
    await open().catchUp();
    expect([await hit(ids[0]), await hit(ids[1])]).toEqual([[ids[1]], [ids[0]]]);
  });

  it('says that it was cut when there is no time', async () => {
    const { ids } = await store(open().database, { items: [{}, {}], edges: [{ type: 'runs_on', from: 0, to: 1 }] });
    await open().catchUp();
    expect(await impactOf(ids[1], { timeout: 0 })).toMatchObject({ steps: [], cutBy: 'time' });
  });
}
