import { aServer, mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';

let hub: OpenCmdb;
beforeAll(async () => {
  hub = await openCmdb();
});
afterAll(() => hub.close());

const delta = { relations: [], removedKeys: [], removedRelations: [] };
async function say(source: string, key: string, attributes: object): Promise<string> {
  const serial = { serialNumber: `SN-${key}`, manufacturer: 'Dell' };
  const { items } = await hub.sources.takeDelta({ ...delta, source, items: [aServer(key, { ...serial, ...attributes })] }, mine());
  return items[0]?.id ?? '';
}
const stateOf = async (id: string) => JSON.parse((await hub.cmdb.getItem({ id }, mine())).attributes).lifecycleState as string;
const list = async (lifecycleState: string, more = {}) =>
  (await hub.cmdb.listItems({ where: [], lifecycleState, class: 'hardware', ...more }, mine())).items.map(({ name }) => name);

describe('the life-cycle state of an item', () => {
  it('is the first one of its class until somebody says otherwise, and whoever does is right', async () => {
    const id = await say('vcenter', 'begins', {});
    expect(await stateOf(id)).toBe('in_use');
    await say('accounting', 'begins', { lifecycleState: 'in_repair' });
    expect(await stateOf(id)).toBe('in_repair');
    const { owners } = await hub.sources.explainItem({ id }, mine());
    expect(owners.find(({ attribute }) => attribute === 'lifecycleState')?.source).toBe('accounting');
  });

  it('is the first one again when the source that said otherwise takes its word back', async () => {
    const id = await say('vcenter', 'returns', {});
    await say('accounting', 'returns', { lifecycleState: 'in_stock' });
    expect(await stateOf(id)).toBe('in_stock');
    await hub.sources.takeDelta({ ...delta, source: 'accounting', items: [], removedKeys: ['returns'] }, mine());
    expect(await stateOf(id)).toBe('in_use');
  });

  it('of an item that a person made without saying it is left to the sources', async () => {
    const made = await hub.cmdb.createItem(
      { class: 'server', name: 'made', attributes: '{"serialNumber": "SN-made", "manufacturer": "Dell"}', lookups: [] },
      mine(),
    );
    expect(await stateOf(made.id)).toBe('in_use');
    expect(await say('accounting', 'made', { lifecycleState: 'ordered' })).toBe(made.id);
    expect(await stateOf(made.id)).toBe('ordered');
  });

  it('is one that its class has', async () => {
    const id = await say('vcenter', 'wrong', {});
    const update = (lifecycleState: string) =>
      hub.cmdb.updateItem({ id, expectedVersion: 0, attributes: JSON.stringify({ lifecycleState }), addLookups: [], removeLookups: [] }, mine());
    await expect(update('vanished')).rejects.toMatchObject({ violations: [{ pointer: '/attributes/lifecycleState' }] });
    expect(JSON.parse((await update('In_Stock')).attributes)).toMatchObject({ lifecycleState: 'in_stock' });
  });

  it('is what a list may ask for, and says nothing of whether the item is known to be there', async () => {
    const [one, other] = [
      await say('vcenter', 'list-1', { lifecycleState: 'disposed' }),
      await say('vcenter', 'list-2', { lifecycleState: 'disposed' }),
    ];
    expect(await list('disposed')).toEqual(['list-1', 'list-2']);
    expect(await list('disposed', { class: 'workstation' })).toEqual([]);
    await hub.cmdb.retireItem({ id: other, expectedVersion: 0 }, mine());
    expect([await list('disposed'), await list('disposed', { state: 'retired' })]).toEqual([['list-1'], ['list-2']]);
    expect([await stateOf(one), await stateOf(other)]).toEqual(['disposed', 'disposed']);
  });
});
