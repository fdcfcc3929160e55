import { startSequencer } from '../../../platform/bus/sequencer.ts';
import { newUuid, systemClock } from '../../../platform/clock/clock.ts';
import { createLogger } from '../../../platform/log/logger.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { openTestDatabase, type TestDatabase } from '../../../platform/postgres/test-database.ts';
import { createMetrics } from '../../../platform/telemetry/metrics.ts';
import { startTracing } from '../../../platform/telemetry/tracing.ts';
import { eventually } from '../../../tests/cmdb/eventually.ts';
import { seeded } from '../../../tests/cmdb/live-history.ts';
import { announceItem, announceRelation } from '../../announce.ts';
import { type ItemState, newItem, reviseItem } from '../../domain/item.ts';
import { type CompiledModel, compileModel } from '../../domain/model/compile-model.ts';
import { identify, type RelationState, relate, unrelate } from '../../domain/relation.ts';
import { cmdb } from '../../service.ts';
import { writeItems } from '../../storage/item-store.ts';
import { writeRelations } from '../../storage/relation-store.ts';
import { author, model, words } from '../graph-shape.contract.ts';
import { postgresGraph } from '../postgres-graph.ts';
import { type GraphMemory, keepMemory } from './keep-memory.ts';
import { memoryGraph } from './memory-graph.ts';

/** Of each way of failure one. */
const types = ['runs_on', 'part_of', 'replicates_with', 'documents'];
/** A model in which failure travels the other way. */
const turned = compileModel({
  ...model.definition,
  relationTypes: model.definition.relationTypes.map((type) => ({ ...type, failure: type.failure === 'forward' ? 'backward' : 'forward' })),
});

let database: TestDatabase;
let stopTracing: () => Promise<void>;
const lines: Record<string, unknown>[] = [];
const log = createLogger({ level: 'info', stream: { write: (line) => void lines.push(JSON.parse(line)) } });
beforeAll(async () => {
  ({ stop: stopTracing } = await startTracing({ serviceName: 'test', exported: false }));
});
beforeEach(async () => {
  database = await openTestDatabase(cmdb);
});
afterEach(() => database.close());
afterAll(() => stopTracing());

const ready = (memory: GraphMemory) =>
  eventually(
    async () => memory.status(),
    ({ state }) => state === 'ready',
  );

/** Items and relations that change at random, announced as the service announces them. */
function live(seed: number) {
  const random = seeded(seed);
  const items: ItemState[] = [];
  const relations = new Map<string, RelationState>();
  const one = <One>(of: readonly One[]): One => of[random.below(of.length)] as One;
  let now = 1_000;

  async function writeItem(after: ItemState, before?: ItemState): Promise<void> {
    await database.commit({
      statements: writeItems([{ after, ...(before && { before }) }], author, words),
      events: [announceItem({ after, ...(before && { before }) }, new Set())],
    });
  }

  return {
    random,
    items,
    async turn(): Promise<void> {
      now++;
      if (items.length < 4 || random.chance(0.1)) {
        const id = newUuid();
        const after = newItem({ id, source: 'test', key: id }, { class: one(['server', 'cluster']), name: id }, now);
        await writeItem(after);
        items.push(after);
      } else if (random.chance(0.3)) {
        const index = random.below(items.length);
        const before = items[index] as ItemState;
        const attributes = {
          lifecycleState: one(['in_use', 'in_use', 'in_use', 'in_stock', 'in_repair', 'disposed']),
          ...(random.chance(0.7) && { redundancy: types.map((type) => `${type}:${one(['1', '2', '50%'])}`) }),
        };
        const after = reviseItem(before, random.chance(0.3) ? { state: before.state === 'active' ? 'retired' : 'active' } : { attributes }, now);
        if (!after) return;
        await writeItem(after, before);
        items[index] = after;
      } else {
        // Several at once, so that one commit has several events.
        const changed = new Map<string, RelationState>();
        for (let count = 0; count < 3; count++) {
          const active = items.filter(({ state }) => state === 'active');
          const ends = { type: one(types), fromId: one(active).id, toId: one(active).id };
          const key = identify(ends);
          if (ends.fromId === ends.toId || changed.has(key)) continue;
          const before = relations.get(key);
          const after = before?.state === 'active' ? unrelate(before, now) : relate(before, { ...ends, id: newUuid(), source: 'test' }, now);
          if (after) changed.set(key, after);
        }
        const all = [...changed.values()];
        await database.commit({ statements: writeRelations(all, author), events: all.map(announceRelation) });
        for (const [key, relation] of changed) relations.set(key, relation);
      }
    },
  };
}

/** Asks both, which must say the same. */
async function compare(memory: Pick<GraphMemory, 'fresh'>, itemId: string, down: string[], current: CompiledModel): Promise<void> {
  const records = postgresGraph(database, async () => current);
  const inMemory = memoryGraph({ memory, otherwise: records, currentModel: async () => current });
  const question = { itemId, depth: 6, limit: 5_000, timeout: 10_000 };
  const { classes: _, ...impact } = await inMemory.impact({ ...question, down });
  expect(impact).toEqual({ ...(await records.impact({ ...question, down })), servedBy: 'memory' });
  const around = { ...question, depth: 2, direction: 'both' as const, types };
  expect(await inMemory.neighbours(around)).toEqual({ ...(await records.neighbours(around)), servedBy: 'memory' });
}

describe('a graph kept in memory', () => {
  it('answers as the records do after every change, whether the change is in the log yet or not, and by the model of the moment', async () => {
    const history = live(1);
    const memory = keepMemory({ database, log, megabytes: 100 });
    await ready(memory);
    let sequencer: ReturnType<typeof startSequencer> | undefined;
    for (let turn = 0; turn < 160; turn++) {
      if (turn % 40 === 20) sequencer = startSequencer({ database, onPass: () => undefined, clock: systemClock, log, metrics: createMetrics() });
      if (turn % 40 === 39) await sequencer?.stop();
      await history.turn();
      const { items, random } = history;
      const [item, other] = [items[random.below(items.length)], items[random.below(items.length)]];
      if (item && other) await compare(memory, item.id, [other.id], turn % 3 === 0 ? turned : model);
    }
    expect(memory.status().position).toBeGreaterThan(50);
    await memory.stop();
  }, 60_000);

  it('is whole when it was loaded while others wrote', async () => {
    const history = live(2);
    for (let turn = 0; turn < 80; turn++) await history.turn();
    // Before each page that is read, something changes.
    let isLoading = true;
    let writing: Promise<void> = Promise.resolve();
    const slow: Database = {
      schema: database.schema,
      isInTransaction: () => database.isInTransaction(),
      commit: (changes) => database.commit(changes),
      async query(statement) {
        writing = writing.then(async () => {
          for (let turn = 0; isLoading && turn < 10; turn++) await history.turn();
        });
        await writing;
        return database.query(statement);
      },
    };
    const memory = keepMemory({ database: slow, log, megabytes: 100 });
    await ready(memory);
    isLoading = false;
    await writing;
    expect(history.items.length).toBeGreaterThan(15);
    for (const { id } of history.items) await compare(memory, id, [], model);
    await memory.stop();
  }, 60_000);

  it('takes no part in what a batch has not committed', async () => {
    const history = live(3);
    while (history.items.length < 4) await history.turn();
    const memory = keepMemory({ database, log, megabytes: 100 });
    await ready(memory);
    const [first, second] = history.items as [ItemState, ItemState];
    const taken = database.transaction(async () => {
      const relation = relate(undefined, { id: newUuid(), type: 'runs_on', fromId: second.id, toId: first.id, source: 'batch' }, 9_000);
      if (!relation) throw new Error('There is no relation.');
      await database.commit({ statements: writeRelations([relation], author), events: [announceRelation(relation)] });
      expect(await memory.fresh()).toEqual({ note: 'What a batch has written is not in the graph in memory.' });
      throw new Error('taken back');
    }, Date.now() + 10_000);
    await expect(taken).rejects.toThrow('taken back');
    await compare(memory, first.id, [], model);
    await memory.stop();
  });

  it('gives way to the records when it is larger than it may be, and says so once', async () => {
    const memory = keepMemory({ database, log, megabytes: 0.07 });
    await ready(memory);
    const items = Array.from({ length: 1_030 }, () => newUuid()).map((id) => ({
      after: newItem({ id, source: 'test', key: id }, { class: 'server', name: id }, 1_000),
    }));
    const events = items.map((item) => announceItem(item, new Set()));
    await database.commit({ statements: writeItems(items, author, words), events });
    const records = postgresGraph(database, async () => model);
    const graph = memoryGraph({ memory, otherwise: records, currentModel: async () => model });
    const question = { itemId: items[0]?.after.id ?? '', depth: 6, limit: 5_000, timeout: 10_000, down: [] };
    for (let time = 0; time < 2; time++)
      expect(await graph.impact(question)).toMatchObject({
        servedBy: 'records',
        note: 'The graph needs more memory than OPORA_CMDB_GRAPH_MEMORY allows.',
      });
    expect(memory.status()).toMatchObject({ state: 'off', items: 0, bytes: 0 });
    await memory.stop();
    const again = keepMemory({ database, log: createLogger({ level: 'silent' }), megabytes: 0.07 });
    await eventually(
      async () => again.status(),
      ({ state }) => state === 'off',
    );
    await again.stop();
    expect(lines.filter(({ msg }) => String(msg).includes('does not fit'))).toHaveLength(1);
  });
});
