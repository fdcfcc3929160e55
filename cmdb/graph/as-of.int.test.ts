import { newUuid } from '../../platform/clock/clock.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { type ItemState, newItem, reviseItem } from '../domain/item.ts';
import { identify, type RelationState, relate, unrelate } from '../domain/relation.ts';
import { cmdb } from '../service.ts';
import { writeItems } from '../storage/item-store.ts';
import { writeRelations } from '../storage/relation-store.ts';
import { edgesAlong, walkPlainly } from './graph.contract.ts';
import { author, model, words } from './graph-shape.contract.ts';
import { impactOracle } from './impact-oracle.contract.ts';
import { postgresGraph } from './postgres-graph.ts';

/** Few, so that relations come and go and come back often; of each way of failure one. */
const types = ['runs_on', 'part_of', 'replicates_with', 'documents'];

/** Numbers that look random and are the same in each run. */
function seeded(seed: number) {
  let state = seed;
  const next = () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
  return { chance: (share: number) => next() < share, one: <One>(of: readonly One[]): One => of[Math.floor(next() * of.length)] as One };
}

/** All that ever was, in the order in which it was written. */
interface History {
  items: ItemState[];
  relations: RelationState[];
}

describe('the graph of the records as of a moment', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(cmdb);
  });
  afterAll(() => database.close());

  /** Items change what they need and where in their life they are, go and come back; relations come and go. Two turns have one moment. */
  async function live(seed: number, turns: number): Promise<History> {
    const random = seeded(seed);
    const items = new Map<string, ItemState>();
    const relations = new Map<string, RelationState>();
    const history: History = { items: [], relations: [] };
    const writeItem = async (after: ItemState, before?: ItemState) => {
      items.set(after.id, after);
      history.items.push(after);
      await database.commit({ statements: writeItems([{ after, ...(before && { before }) }], author, words) });
    };
    for (let turn = 0; turn < 14; turn++) {
      const id = newUuid();
      await writeItem(newItem({ id, source: 'test', key: id }, { class: 'server', name: id }, 1_000));
    }
    for (let turn = 1; turn <= turns; turn++) {
      const now = 1_000 + Math.floor(turn / 2);
      if (random.chance(0.3)) {
        const before = random.one([...items.values()]);
        const attributes = {
          lifecycleState: random.one(['in_use', 'in_use', 'in_use', 'in_stock', 'in_repair', 'disposed']),
          ...(random.chance(0.8) && { redundancy: types.map((type) => `${type}:${random.one(['1', '1', '2', '50%'])}`) }),
        };
        const after = reviseItem(before, random.chance(0.1) ? { state: before.state === 'active' ? 'retired' : 'active' } : { attributes }, now);
        if (after) await writeItem(after, before);
        continue;
      }
      const active = [...items.values()].filter(({ state }) => state === 'active').map(({ id }) => id);
      const ends = { type: random.one(types), fromId: random.one(active), toId: random.one(active) };
      const before = relations.get(identify(ends));
      if (ends.fromId === ends.toId) continue;
      const after = before?.state === 'active' ? unrelate(before, now) : relate(before, { ...ends, id: newUuid(), source: 'test' }, now);
      if (!after) continue;
      relations.set(identify(ends), after);
      history.relations.push(after);
      await database.commit({ statements: writeRelations([after], author) });
    }
    return history;
  }

  /** What had been written last by then. */
  const rebuild = ({ items, relations }: History, at: number) => {
    const last = <One extends { id: string; updatedAt: number }>(all: readonly One[]) =>
      new Map(all.filter(({ updatedAt }) => updatedAt <= at).map((one) => [one.id, one]));
    return { items: last(items), relations: [...last(relations).values()].filter(({ state }) => state === 'active') };
  };

  const seen = { broken: 0, at_risk: 0, already_down: 0 };

  it.each([1, 2, 3])(
    'is what the state of then, built again from all that was written, says (history %i)',
    async (seed) => {
      const history = await live(seed, 240);
      const graph = postgresGraph(database, async () => model);
      const ids = [...new Set(history.items.map(({ id }) => id))];
      for (let at = 1_000; at <= 1_125; at += 5) {
        const then = rebuild(history, at);
        for (const itemId of [ids[at % ids.length], ids[(at + 5) % ids.length]] as string[]) {
          const question = { itemId, depth: 6, limit: 5_000, timeout: 10_000, at };
          const down = [ids[(at + 1) % ids.length] ?? ''];
          const { steps } = await graph.impact({ ...question, down });
          expect(steps).toEqual(impactOracle(then, { itemId, depth: 6, down }));
          for (const { state } of steps) seen[state] += 1;
          const around = await graph.neighbours({ ...question, depth: 2, direction: 'both', types });
          expect(around.steps).toEqual(walkPlainly(itemId, 2, edgesAlong(then.relations, { direction: 'both', types })));
        }
      }
    },
    60_000,
  );

  it('had all that can become of an item in it', () => {
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(15);
  });
});
