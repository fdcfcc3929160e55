import { aServer, mine, type OpenCmdb, openCmdb, takeSnapshot } from '../../tests/cmdb/open-sources.ts';

let hub: OpenCmdb;
beforeAll(async () => {
  hub = await openCmdb();
});
afterAll(() => hub.close());

const say = async (source: string, ...items: ReturnType<typeof aServer>[]) =>
  (await hub.sources.takeDelta({ source, items, relations: [], removedKeys: [], removedRelations: [] }, mine())).items;
const read = async (id: string) => {
  const item = await hub.cmdb.getItem({ id }, mine());
  return { ...item, attributes: JSON.parse(item.attributes) };
};
const box = (serialNumber: string, more: object = {}) => ({ serialNumber, manufacturer: 'Dell', ...more });
const questionsOf = async (key: string, status = 'open') =>
  (await hub.sources.listDuplicates({ limit: 500, status }, mine())).items.filter((one) => one.key === key);
const relationsOf = async (itemId: string) =>
  (await hub.cmdb.listRelations({ itemId, limit: 500 }, mine())).items.map(({ type, fromId, toId }) => `${fromId} ${type} ${toId}`).sort();

/** A record that has the serial number of one item and the inventory number of another. */
async function askTwoItems(name: string) {
  const [one] = await say('vcenter', aServer(`${name}-a`, box(`${name}-SN`, { memoryGb: 64 })));
  const [other] = await say('agent', aServer(`${name}-b`, { inventoryNumber: `${name}-INV`, cpuCores: 8 }));
  const [asked] = await say('1c', aServer(`${name}-c`, box(`${name}-SN`, { inventoryNumber: `${name}-INV` })));
  return { one: one?.id ?? '', other: other?.id ?? '', asked };
}

describe('a record that points to two items', () => {
  it('is a question for a person, asked once, with what speaks for each; and is told as such', async () => {
    const { one, other, asked } = await askTwoItems('twice');
    expect(asked?.outcome).toBe('duplicate_suspected');
    await say('1c', aServer('twice-c', box('twice-SN', { inventoryNumber: 'twice-INV' })));
    const questions = await questionsOf('twice-c');
    expect(questions).toHaveLength(1);
    expect(questions[0]).toMatchObject({ why: 'two_items', source: '1c', itemIds: [one, other].sort() });
    expect(questions[0]?.reasons.length).toBeGreaterThan(0);
  });

  it('makes them one when a person says so: links, identifiers, values and relations are the winner’s, and reads of the other tell where it went', async () => {
    const { one, other } = await askTwoItems('one');
    const [beside] = await say('agent', aServer('one-d'));
    await hub.cmdb.createRelation({ type: 'depends_on', fromId: beside?.id ?? '', toId: other }, mine());
    const [question] = await questionsOf('one-c');
    const merged = await hub.sources.mergeDuplicate({ id: question?.id ?? '', winnerId: one }, mine());
    expect(merged).toMatchObject({ status: 'merged', decidedBy: 'Иван' });
    expect(await read(one)).toMatchObject({
      state: 'active',
      attributes: { memoryGb: 64, cpuCores: 8, serialNumber: 'one-SN', inventoryNumber: 'one-INV' },
    });
    expect(await read(other)).toMatchObject({ state: 'retired', mergedInto: one });
    expect(await relationsOf(one)).toEqual([`${beside?.id} depends_on ${one}`]);
    expect((await say('agent', aServer('one-b', { inventoryNumber: 'one-INV', cpuCores: 16 })))[0]).toMatchObject({ outcome: 'updated', id: one });
    await expect(hub.sources.mergeDuplicate({ id: question?.id ?? '', winnerId: one }, mine())).rejects.toMatchObject({ kind: 'illegal_state' });
  });

  it('keeps them apart for ever when a person says so', async () => {
    const { one, other } = await askTwoItems('apart');
    const [question] = await questionsOf('apart-c');
    await hub.sources.keepDistinct({ id: question?.id ?? '' }, mine());
    for (const more of [{}, { memoryGb: 1 }]) await say('1c', aServer('apart-c', box('apart-SN', { inventoryNumber: 'apart-INV', ...more })));
    expect(await questionsOf('apart-c')).toEqual([]);
    expect([(await read(one)).state, (await read(other)).state]).toEqual(['active', 'active']);
  });
});

describe('a merge', () => {
  it('is taken back: each has again what is its own, also what its sources have said since', async () => {
    const [one] = await say('vcenter', aServer('undo-a', { memoryGb: 64 }));
    const [other] = await say('agent', aServer('undo-b', box('undo-SN', { cpuCores: 8 })));
    const [beside] = await say('agent', aServer('undo-c'));
    const [first, second] = [one?.id ?? '', other?.id ?? ''];
    await hub.sources.takeDelta(
      { source: 'agent', items: [], relations: [{ type: 'depends_on', fromKey: 'undo-c', toKey: 'undo-b' }], removedKeys: [], removedRelations: [] },
      mine(),
    );
    const before = [await relationsOf(first), await relationsOf(second)];
    const merge = await hub.sources.mergeItems({ id: first, loserId: second, reason: 'the same box' }, mine());
    expect(await relationsOf(first)).toEqual([`${beside?.id} depends_on ${first}`]);
    await say('agent', aServer('undo-b', box('undo-SN', { cpuCores: 16 })));
    expect((await read(first)).attributes).toMatchObject({ memoryGb: 64, cpuCores: 16 });
    await expect(hub.history.revertChangeSet({ id: merge.id }, mine())).rejects.toMatchObject({ kind: 'illegal_state' });
    const merged = await read(second);
    const back = hub.history.revertItem({ id: second, expectedVersion: merged.version, to: 1 }, mine());
    await expect(back).rejects.toMatchObject({ kind: 'illegal_state', message: expect.stringContaining(`went into item ${first}`) });
    expect(await read(second)).toEqual(merged);

    expect(await hub.sources.undoMerge({ id: merge.id }, mine())).toMatchObject({ winnerId: first, loserId: second, splitBy: expect.any(String) });
    expect((await read(first)).attributes).toEqual({ memoryGb: 64, lifecycleState: 'in_use' });
    expect(await read(second)).toMatchObject({ state: 'active', attributes: { cpuCores: 16, serialNumber: 'undo-SN' } });
    expect((await read(second)).mergedInto).toBeUndefined();
    expect([await relationsOf(first), await relationsOf(second)]).toEqual(before);
    expect((await say('agent', aServer('undo-b', box('undo-SN', { cpuCores: 32 }))))[0]?.id).toBe(second);
    await expect(hub.sources.undoMerge({ id: merge.id }, mine())).rejects.toMatchObject({ kind: 'illegal_state' });
  });
});

describe('keys that are about another thing', () => {
  it('are split off to an item of their own, with their relations, and stay there', async () => {
    const [one] = await say('vcenter', aServer('split-a', box('split-SN', { memoryGb: 64 })));
    await say('agent', aServer('split-b', box('split-SN', { cpuCores: 8 })), aServer('split-c'));
    await hub.sources.takeDelta(
      {
        source: 'agent',
        items: [],
        relations: [{ type: 'depends_on', fromKey: 'split-c', toKey: 'split-b' }],
        removedKeys: [],
        removedRelations: [],
      },
      mine(),
    );
    const { newId } = await hub.sources.splitItem({ id: one?.id ?? '', keys: [{ source: 'agent', key: 'split-b' }] }, mine());
    expect((await read(one?.id ?? '')).attributes).toEqual(box('split-SN', { memoryGb: 64, lifecycleState: 'in_use' }));
    expect((await read(newId)).attributes).toEqual(box('split-SN', { cpuCores: 8, lifecycleState: 'in_use' }));
    expect(await relationsOf(one?.id ?? '')).toEqual([]);
    expect(await relationsOf(newId)).toHaveLength(1);
    expect((await say('agent', aServer('split-b', box('split-SN', { cpuCores: 16 }))))[0]).toMatchObject({ outcome: 'updated', id: newId });
  });
});

describe('a serial number that a factory put on many', () => {
  it('tells nothing: each of them is an item of its own and nobody is asked', async () => {
    const items = Array.from({ length: 6 }, (_, index) => aServer(`clone-${index}`, box('CLONED-1')));
    const { counts } = await takeSnapshot(hub.sources, 'clones', [{ items }]);
    expect(counts).toMatchObject({ 'items.created': 6 });
    expect((await hub.sources.listDuplicates({ limit: 500 }, mine())).items.filter(({ source }) => source === 'clones')).toEqual([]);
  });
});
