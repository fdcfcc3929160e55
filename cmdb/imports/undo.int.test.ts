import type { ChangeSet } from '../../generated/opora/cmdb/v1/history.ts';
import { describeInventory } from '../../tests/cmdb/describe-inventory.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { aServer, mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';

let hub: OpenCmdb;
beforeAll(async () => {
  hub = await openCmdb();
});
afterAll(() => hub.close());

async function apply(content: string, source?: string): Promise<{ id: string; counts: Record<string, number> }> {
  const { id } = await hub.imports.uploadImport([{ data: Buffer.from(content), class: 'pump', ...(source && { source }) }], mine());
  return hub.imports.applyImport({ id, wait: 20 }, mine());
}
async function undo(id: string): Promise<ChangeSet> {
  const back = await hub.history.revertChangeSet({ id }, mine());
  return eventually(
    () => hub.history.getChangeSet({ id: back.id }, mine()),
    ({ status }) => status === 'done',
  );
}

describe('an import that is undone', () => {
  it('leaves items, words, identifiers and relations as they were, and can be imported again', async () => {
    const scada = (key: string, attributes: object) => aServer(key, attributes as Record<string, unknown>, { class: 'pump', name: key });
    const relation = { type: 'depends_on', fromKey: 'p1', toKey: 'p2' };
    await hub.sources.takeDelta(
      {
        source: 'scada',
        items: [scada('p1', { inventoryNumber: '1', powerKw: 10 }), scada('p2', { inventoryNumber: '2' }), scada('p3', { inventoryNumber: '3' })],
        relations: [relation],
        removedKeys: [],
        removedRelations: [],
      },
      mine(),
    );
    await apply('Наименование,Инв. №,Мощность,Напор\np1,1,11,5\np4,4,40,\n');
    const before = await describeInventory(hub.database);
    const many = Array.from({ length: 1_200 }, (_, index) => `Насос ${index},${1_000 + index},${index % 50},`);
    const list = ['Наименование,Инв. №,Мощность,Напор', 'p1,1,12,6', 'p2,2,20,7', 'p3 новый,3,,', 'p4,4,44,8', 'p5,5,50,9', ...many].join('\n');
    const { id, counts } = await apply(list, 'spreadsheet');
    expect(counts).toEqual({ created: 1_201, updated: 3, unchanged: 1 });
    const after = await describeInventory(hub.database);
    expect(after).not.toBe(before);

    expect(await undo(id)).toMatchObject({ kind: 'revert', reverts: id, counts: { conflicts: 0 } });
    expect(await describeInventory(hub.database)).toBe(before);

    expect((await apply(list, 'spreadsheet')).counts).toMatchObject({ unchanged: 1 });
    expect(await describeInventory(hub.database)).toBe(after);
  }, 60_000);

  it('is undone as well when a person edited an exported list', async () => {
    const pieces: Buffer[] = [];
    for await (const { data } of hub.imports.exportItems(
      { format: 'csv', language: 'en', class: 'pump', columns: ['id', 'name', 'powerKw'], where: [], q: 'p1' },
      mine(),
    ))
      pieces.push(Buffer.from(data));
    const before = await describeInventory(hub.database);
    const { id, counts } = await apply(Buffer.concat(pieces).toString().replace(',p1,', ',p1 renamed,'), 'manual');
    expect(counts).toMatchObject({ updated: 1 });
    await undo(id);
    expect(await describeInventory(hub.database)).toBe(before);
  });
});
