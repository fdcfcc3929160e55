import { sql } from '../../platform/postgres/sql.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { aServer, mine, type OpenCmdb, openCmdb, takeSnapshot } from '../../tests/cmdb/open-sources.ts';

let hub: OpenCmdb;
beforeAll(async () => {
  hub = await openCmdb();
});
afterAll(() => hub.close());

const say = (source: string, ...items: ReturnType<typeof aServer>[]) =>
  hub.sources.takeDelta({ source, items, relations: [], removedKeys: [], removedRelations: [] }, mine());
const readItem = async (id: string) => {
  const item = await hub.cmdb.getItem({ id }, mine());
  return { ...item, attributes: JSON.parse(item.attributes) };
};
const box = (serialNumber: string, more: object = {}) => ({ serialNumber, manufacturer: 'Dell', ...more });

/** Every row of the inventory with the transaction that wrote it: equal only if none was written. */
async function fingerprint(): Promise<string> {
  const tables = ['item', 'item_version', 'item_link', 'item_identifier', 'item_lookup', 'relation', 'relation_version', 'relation_link'];
  const rows = await Promise.all(
    tables.map((table) =>
      hub.database.query<{ hash: string }>({
        strings: [`select md5(string_agg(ctid::text || xmin::text, ',' order by ctid)) as hash from ${table}`],
        values: [],
      }),
    ),
  );
  const [events] = await hub.database.query<{ n: number }>(sql`select (select count(*) from bus_log)::int + (select count(*) from outbox)::int as n`);
  return JSON.stringify([rows.flat(), events]);
}

describe('what several sources say', () => {
  it('is of one item when they tell it by the same serial number, and each value has the one who said it', async () => {
    const [first] = (await say('vcenter', aServer('host-1', box('SN-1001', { memoryGb: 64 }), { name: 'esx-1' }))).items;
    const [second] = (await say('agent', aServer('uuid-1', box('sn-1001', { cpuCores: 16 }), { name: 'esx-1.corp', lookups: ['10.1.1.1'] }))).items;
    expect([first?.outcome, second?.outcome, second?.id]).toEqual(['created', 'updated', first?.id]);
    expect(second?.reasons.map(({ code }) => code)).toContain('matched');
    expect(await readItem(first?.id ?? '')).toMatchObject({ attributes: { memoryGb: 64, cpuCores: 16 }, lookups: ['10.1.1.1'], version: 2 });
    const { owners, words } = await hub.sources.explainItem({ id: first?.id ?? '' }, mine());
    expect(owners.find(({ attribute }) => attribute === 'memoryGb')?.source).toBe('vcenter');
    expect(owners.find(({ attribute }) => attribute === 'cpuCores')?.source).toBe('agent');
    expect(words.map(({ source, key }) => [source, key])).toEqual([
      ['agent', 'uuid-1'],
      ['vcenter', 'host-1'],
    ]);
  });

  it('does not change by turns when they disagree: the same word counts, whoever speaks last', async () => {
    const ids = new Set<string | undefined>();
    for (const _ of [1, 2]) {
      for (const [source, memoryGb] of [['agent', 128] as const, ['vcenter', 64] as const]) {
        ids.add((await say(source, aServer('quarrel', box('SN-1002', { memoryGb })))).items[0]?.id);
      }
    }
    expect(ids.size).toBe(1);
    expect(await readItem([...ids][0] ?? '')).toMatchObject({ attributes: { memoryGb: 128 } });
    const { reasons } = await hub.sources.explainItem({ id: [...ids][0] ?? '' }, mine());
    expect(reasons.map(({ code }) => code)).toContain('kept_alike');
  });

  it('yields to a person, whose word stays when the source speaks again', async () => {
    const [created] = (await say('vcenter', aServer('person', { memoryGb: 64 }))).items;
    await hub.cmdb.updateItem(
      { id: created?.id ?? '', expectedVersion: 1, attributes: '{"memoryGb": 96}', addLookups: [], removeLookups: [] },
      mine(),
    );
    await say('vcenter', aServer('person', { memoryGb: 128, cpuCores: 8 }));
    expect((await readItem(created?.id ?? '')).attributes).toEqual({ memoryGb: 96, cpuCores: 8, lifecycleState: 'in_use' });
  });

  it('loses what one of them said when that one takes its key back, and is retired with the last', async () => {
    const [first] = (await say('vcenter', aServer('both', box('SN-1003', { memoryGb: 64 })))).items;
    await say('agent', aServer('both', box('SN-1003', { cpuCores: 16 })));
    const remove = (source: string) =>
      hub.sources.takeDelta({ source, items: [], relations: [], removedKeys: ['both'], removedRelations: [] }, mine());
    await remove('vcenter');
    expect(await readItem(first?.id ?? '')).toMatchObject({ state: 'active', attributes: { cpuCores: 16, serialNumber: 'SN-1003' } });
    expect((await readItem(first?.id ?? '')).attributes).not.toHaveProperty('memoryGb');
    await remove('agent');
    expect((await readItem(first?.id ?? '')).state).toBe('retired');
    const [again] = (await say('vcenter', aServer('both', box('SN-1003', { memoryGb: 64 })))).items;
    expect([again?.id, (await readItem(first?.id ?? '')).state]).toEqual([first?.id, 'active']);
  });

  it('is of another thing when a key was taken back, also on the page where another key takes its item over', async () => {
    const [first] = (await say('agent', aServer('turn-1', box('SN-1041')), aServer('turn-0', box('SN-1043')))).items;
    await hub.sources.takeDelta({ source: 'agent', items: [], relations: [], removedKeys: ['turn-0', 'turn-1'], removedRelations: [] }, mine());
    const { items } = await say('agent', aServer('turn-1', box('SN-1042')), aServer('turn-0', box('SN-1041')), aServer('turn-4', box('SN-1043')));
    expect(items.map(({ outcome }) => outcome)).toEqual(['created', 'updated', 'updated']);
    expect(items[1]?.id).toBe(first?.id);
  });

  it('keeps what fits the model and tells what does not; a record without a class of the model is rejected by itself', async () => {
    const { items } = await say(
      'vcenter',
      aServer('misfit', { memoryGb: 'many', cpuCores: 4 }),
      aServer('alien', {}, { class: 'spaceship' }),
      aServer('fine'),
    );
    expect(items.map(({ outcome }) => outcome)).toEqual(['created', 'rejected', 'created']);
    expect(items[0]?.reasons.map(({ code }) => code)).toContain('attribute_invalid');
    expect((await readItem(items[0]?.id ?? '')).attributes).toEqual({ cpuCores: 4, lifecycleState: 'in_use' });
  });
});

describe('a snapshot', () => {
  it('that says the same again writes no row of the inventory and no event', async () => {
    const items = Array.from({ length: 300 }, (_, index) =>
      aServer(`same-${index}`, box(`SAME-${index}`, { memoryGb: index + 1 }), { lookups: [`10.2.${index % 7}.${index % 250}`] }),
    );
    const relations = Array.from({ length: 299 }, (_, index) => ({ type: 'depends_on', fromKey: `same-${index}`, toKey: `same-${index + 1}` }));
    const pages = [{ items: items.slice(0, 200), relations }, { items: items.slice(200) }];
    expect(await takeSnapshot(hub.sources, 'steady', pages)).toMatchObject({
      status: 'done',
      received: 599,
      counts: { 'items.created': 300, 'relations.waiting': 0 },
    });
    const before = await fingerprint();
    const again = await takeSnapshot(hub.sources, 'steady', [...pages].reverse());
    expect(again.counts).toEqual({ 'items.unchanged': 300, 'relations.unchanged': 299, 'relations.waiting': 0 });
    expect(await fingerprint()).toBe(before);
  });

  it('relates items that come after the relation, and again when an item comes back', async () => {
    const relations = [{ type: 'depends_on', fromKey: 'late-a', toKey: 'late-b' }];
    await takeSnapshot(hub.sources, 'late', [{ relations }, { items: [aServer('late-a')] }, { items: [aServer('late-b')] }]);
    const [item] = (await hub.cmdb.listItems({ source: 'late', key: 'late-a', where: [] }, mine())).items;
    expect((await hub.cmdb.listRelations({ itemId: item?.id ?? '' }, mine())).items).toHaveLength(1);
  });

  it('takes out of use, when the grace is over, what it did not name', async () => {
    await hub.sources.updateSource({ source: 'brief', grace: 'PT0S' }, mine());
    const all = ['a', 'b', 'c'].map((key) => aServer(`brief-${key}`));
    const relations = [{ type: 'depends_on', fromKey: 'brief-a', toKey: 'brief-b' }];
    await takeSnapshot(hub.sources, 'brief', [{ items: all, relations }]);
    expect(await takeSnapshot(hub.sources, 'brief', [{ items: all.slice(0, 2) }])).toMatchObject({ wouldRetire: 1, known: 3 });
    const retired = await eventually(
      async () => (await hub.cmdb.listItems({ source: 'brief', state: 'retired', where: [] }, mine())).items,
      (items) => items.length > 0,
    );
    expect(retired.map(({ name }) => name)).toEqual(['brief-c']);
    const [first] = (await hub.cmdb.listItems({ source: 'brief', key: 'brief-a', where: [] }, mine())).items;
    await eventually(
      async () => (await hub.cmdb.listRelations({ itemId: first?.id ?? '' }, mine())).items,
      (items) => items.length === 0,
    );
    await takeSnapshot(hub.sources, 'brief', [{ items: all, relations }]);
    const [back] = (await hub.cmdb.listItems({ source: 'brief', key: 'brief-c', where: [] }, mine())).items;
    expect(back?.id).toBe(retired[0]?.id);
  });

  it('waits for what it did not name until the grace is over, and forgets that when it is named again', async () => {
    const all = ['a', 'b'].map((key) => aServer(`slow-${key}`));
    await takeSnapshot(hub.sources, 'slow', [{ items: all }]);
    await takeSnapshot(hub.sources, 'slow', [{ items: all.slice(0, 1) }]);
    const missing = async () =>
      (await hub.database.query<{ key: string }>(sql`select key from item_link where source = 'slow' and missing_since is not null`)).map(
        ({ key }) => key,
      );
    expect(await missing()).toEqual(['slow-b']);
    expect((await hub.cmdb.listItems({ source: 'slow', where: [] }, mine())).items).toHaveLength(2);
    const timers = await hub.database.query(sql`select 1 from timer where key like 'grace/%/slow'`);
    expect(timers).toHaveLength(1);
    await takeSnapshot(hub.sources, 'slow', [{ items: all }]);
    expect(await missing()).toEqual([]);
  });

  it('that would retire too much is held until a person confirms it, or discards it', async () => {
    const all = Array.from({ length: 30 }, (_, index) => aServer(`held-${index}`));
    await hub.sources.updateSource({ source: 'held', grace: 'PT0S' }, mine());
    await takeSnapshot(hub.sources, 'held', [{ items: all }]);
    const empty = await takeSnapshot(hub.sources, 'held', []);
    expect(empty).toMatchObject({ status: 'held', wouldRetire: 30, known: 30 });
    const target = { source: 'held', id: empty.id };
    expect(await hub.sources.discardSnapshot(target, mine())).toMatchObject({ status: 'discarded' });
    await expect(hub.sources.confirmSnapshot(target, mine())).rejects.toMatchObject({ kind: 'illegal_state' });
    expect((await hub.cmdb.listItems({ source: 'held', limit: 100, where: [] }, mine())).items).toHaveLength(30);
    const half = await takeSnapshot(hub.sources, 'held', [{ items: all.slice(0, 15) }]);
    expect(half.status).toBe('held');
    await hub.sources.confirmSnapshot({ source: 'held', id: half.id }, mine());
    await eventually(
      async () => (await hub.cmdb.listItems({ source: 'held', limit: 100, where: [] }, mine())).items,
      (items) => items.length === 15,
    );
    expect(await hub.sources.getSnapshot({ source: 'held', id: half.id }, mine())).toMatchObject({ status: 'done', confirmedBy: 'Иван' });
  });

  it('gives way to a newer one of its source, and receives no more', async () => {
    const old = await hub.sources.beginSnapshot({ source: 'newer' }, mine());
    const { id } = await hub.sources.beginSnapshot({ source: 'newer' }, mine());
    const late = hub.sources.takeSnapshotPage({ source: 'newer', id: old.id, items: [aServer('x')], relations: [] }, mine());
    await expect(late).rejects.toMatchObject({ kind: 'illegal_state' });
    expect((await hub.sources.listSnapshots({ source: 'newer' }, mine())).items.map(({ status }) => status)).toEqual(['receiving', 'discarded']);
    await hub.sources.discardSnapshot({ source: 'newer', id }, mine());
  });

  it('keeps the records that a person may want to see, each with its reasons in both languages', async () => {
    const { id } = await takeSnapshot(hub.sources, 'told', [{ items: [aServer('ok'), aServer('bad', {}, { class: 'spaceship' })] }]);
    const { items } = await hub.sources.listSnapshotRecords({ source: 'told', id }, mine());
    expect(items).toMatchObject([{ key: 'bad', outcome: 'rejected', reasons: [{ ru: expect.stringMatching(/[а-я]/), en: expect.any(String) }] }]);
  });
});

describe('a stream of records', () => {
  it('is taken page by page, and what it brought before it broke off stays', async () => {
    const target = { source: 'streaming', id: (await hub.sources.beginSnapshot({ source: 'streaming' }, mine())).id };
    const items = Array.from({ length: 2_300 }, (_, index) => ({ ...target, item: aServer(`stream-${index}`) }));
    const relation = { ...target, relation: { type: 'depends_on', fromKey: 'stream-0', toKey: 'stream-2299' } };
    async function* broken() {
      yield* items.slice(0, 1_500);
      await eventually(
        () => hub.sources.getSnapshot(target, mine()),
        (run) => run.received > 0,
      );
      throw new Error('The line is dead.');
    }
    await expect(hub.sources.streamSnapshot(broken(), mine())).rejects.toThrow();
    const { received } = await hub.sources.getSnapshot(target, mine());
    expect(received).toBe(1_000);
    expect(await hub.sources.streamSnapshot([relation, ...items.slice(received)], mine())).toMatchObject({
      received: 1_301,
      counts: { 'items.created': 1_300 },
    });
    await hub.sources.completeSnapshot(target, mine());
    const done = await eventually(
      () => hub.sources.getSnapshot(target, mine()),
      ({ status }) => status === 'done',
    );
    expect(done).toMatchObject({ received: 2_301, wouldRetire: 0, counts: { 'items.created': 2_300, 'relations.waiting': 0 } });
  });

  it('of changes takes records, and takes keys back', async () => {
    const source = 'streamed';
    await hub.sources.streamDelta(
      [
        { source, item: aServer('gone') },
        { source, item: aServer('kept') },
      ],
      mine(),
    );
    await hub.sources.streamDelta([{ source, removedKey: 'gone' }], mine());
    expect((await hub.cmdb.listItems({ source, where: [] }, mine())).items.map(({ name }) => name)).toEqual(['kept']);
  });

  it('is settled by its key: told again after a newer word it changes nothing, and has the answer that it had', async () => {
    const source = 'keyed';
    const told = (memoryGb: number, idempotencyKey: string) =>
      hub.sources.takeDelta(
        {
          source,
          items: [aServer('twice', { memoryGb }), aServer('beside')],
          relations: [{ type: 'depends_on', fromKey: 'twice', toKey: 'beside' }],
          removedKeys: [],
          removedRelations: [],
        },
        { ...mine(), idempotencyKey },
      );
    const first = await told(64, 'the first');
    const second = await told(128, 'the second');
    expect(await told(64, 'the first')).toEqual(first);
    const [item] = (await hub.cmdb.listItems({ source, where: [] }, mine())).items.filter(({ id }) => id === first.items[0]?.id);
    expect([item?.version, JSON.parse(item?.attributes ?? '')]).toEqual([second.items[0]?.version, expect.objectContaining({ memoryGb: 128 })]);
  });
});
