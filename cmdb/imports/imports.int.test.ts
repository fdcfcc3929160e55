import type { Import, ImportRow, UploadImportRequest } from '../../generated/opora/cmdb/v1/imports.ts';
import { aServer, mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';

let hub: OpenCmdb;
beforeAll(async () => {
  hub = await openCmdb();
});
afterAll(() => hub.close());

const upload = (content: string | Uint8Array, asked: Partial<UploadImportRequest> = {}) =>
  hub.imports.uploadImport([{ data: Buffer.from(content), fileName: 'pumps.csv', class: 'pump', ...asked }], mine());
const rowsOf = async ({ id }: Pick<Import, 'id'>): Promise<ImportRow[]> => (await hub.imports.listImportRows({ id, limit: 500 }, mine())).items;
const fatesOf = async (one: Pick<Import, 'id'>) => (await rowsOf(one)).map(({ row, fate }) => `${row} ${fate}`);
const pumps = async () => (await hub.cmdb.listItems({ class: 'pump', limit: 500, where: [] }, mine())).items;

describe('a list that is uploaded', () => {
  const list = [
    'Наименование;Инв. №;Мощность, кВт;Цвет',
    'Насос 1;0001;15;красный',
    'Насос 2;0002;7,5;',
    'Насос 2;0002;8;',
    'Насос 3;0003;много;',
    'Итого;;;',
  ].join('\n');

  it('is checked at once: each row has its fate, and nothing is written', async () => {
    const checked = await upload(list);
    expect(checked).toMatchObject({
      status: 'checked',
      class: 'pump',
      source: 'spreadsheet',
      headerFirst: 1,
      rows: 5,
      rowsDone: 5,
      counts: { created: 2, repeated: 1, rejected: 1, skipped: 1 },
    });
    expect(checked.columns.map(({ letter, target }) => [letter, target])).toEqual([
      ['A', 'name'],
      ['B', 'attributes.inventoryNumber'],
      ['C', 'attributes.powerKw'],
      ['D', undefined],
    ]);
    expect(await fatesOf(checked)).toEqual(['2 created', '3 created', '4 repeated', '5 rejected', '6 skipped']);
    for (const { reasons } of await rowsOf(checked)) expect(reasons.length).toBeGreaterThan(0);
    expect(await pumps()).toEqual([]);
  });

  it('is applied as one change set, and says nothing new when it comes again', async () => {
    const { id } = await upload(list);
    const applied = await hub.imports.applyImport({ id, reason: 'CHG-1' }, mine());
    expect(applied).toMatchObject({ status: 'applied', counts: { created: 2, repeated: 1, rejected: 1, skipped: 1 } });
    expect((await pumps()).map(({ name, source, key }) => [name, source, key])).toEqual([
      ['Насос 1', 'spreadsheet', 'inventory_number 1'],
      ['Насос 2', 'spreadsheet', 'inventory_number 2'],
    ]);
    expect(await hub.history.getChangeSet({ id }, mine())).toMatchObject({
      kind: 'import',
      title: 'pumps.csv',
      status: 'done',
      reason: 'CHG-1',
      counts: { created: 2 },
    });
    const again = await upload(list);
    expect(again.counts).toEqual({ unchanged: 2, repeated: 1, rejected: 1, skipped: 1 });
  });

  it('tells of a row what it changes, by what right, and what is kept back', async () => {
    await hub.sources.takeDelta(
      {
        source: 'scada',
        items: [aServer('p9', { inventoryNumber: '0009', powerKw: 11, headM: 30 }, { class: 'pump', name: 'Насос 9' })],
        relations: [],
        removedKeys: [],
        removedRelations: [],
      },
      mine(),
    );
    const checked = await upload('Наименование,Инв. №,Мощность,Подача\nНасос 9,0009,12,50\n', { source: 'accounting' });
    const [row] = await rowsOf(checked);
    expect(row).toMatchObject({ row: 2, fate: 'updated', key: 'inventory_number 9' });
    expect(row?.changes).toContainEqual({
      attribute: 'capacityM3h',
      label: { ru: 'Подача', en: 'Capacity' },
      after: '50',
      source: 'accounting',
      right: 'first',
    });
    expect(row?.changes).toContainEqual({
      attribute: 'powerKw',
      label: { ru: 'Мощность', en: 'Power' },
      before: '11',
      after: '12',
      source: 'accounting',
      right: 'alike',
    });
    const weaker = await upload('Наименование,Инв. №,Мощность\nНасос 9,0009,12\n', { source: 'zzz' });
    expect((await rowsOf(weaker))[0]?.kept).toEqual([
      { attribute: 'powerKw', label: { ru: 'Мощность', en: 'Power' }, before: '11', after: '12', source: 'scada', right: 'alike' },
    ]);
  });
});
