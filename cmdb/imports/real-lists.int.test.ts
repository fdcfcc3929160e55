import { readFileSync } from 'node:fs';
import type { Import, UploadImportRequest } from '../../generated/opora/cmdb/v1/imports.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';
import { packToBuffer } from '../sheets/fixtures/pack-workbook.ts';

let hub: OpenCmdb;
beforeAll(async () => {
  hub = await openCmdb();
});
afterAll(() => hub.close());

const upload = (content: Uint8Array | string, asked: Partial<UploadImportRequest> = {}): Promise<Import> =>
  hub.imports.uploadImport([{ data: Buffer.from(content), ...asked }], mine());
const rowsOf = async ({ id }: Pick<Import, 'id'>) => (await hub.imports.listImportRows({ id, limit: 500 }, mine())).items;
const fixture = (name: string) => readFileSync(`cmdb/sheets/fixtures/${name}`);
const latest = async () => (await hub.imports.listImports({ limit: 1 }, mine())).items[0];
async function download(id: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const { data } of hub.imports.downloadImport({ id }, mine())) pieces.push(Buffer.from(data));
  return Buffer.concat(pieces);
}
function* spaces(mebibytes: number) {
  const piece = ' '.repeat(2 ** 20);
  for (let count = 0; count < mebibytes; count += 1) yield piece;
}

describe('a register as people keep it: two rows of headers, merged cells, three forms of dates, numbers as text, a formula, a wrong class, doubles', () => {
  it('has its class, sheet, header and columns found, and every row explained in both languages', async () => {
    const checked = await upload(fixture('register.xlsx'), { fileName: 'register.xlsx' });
    expect(checked).toMatchObject({
      status: 'checked',
      class: 'pump',
      classReason: { ru: 'список называется «Насосы»' },
      sheet: 'Насосы',
      headerFirst: 3,
      headerLast: 4,
      counts: { created: 5, rejected: 4, repeated: 2, skipped: 4 },
    });
    const rows = await rowsOf(checked);
    expect(rows.map(({ row, fate, reasons, ofRow }) => `${row} ${fate} ${ofRow ?? reasons.map(({ code }) => code).join(' ')}`)).toEqual([
      '5 skipped column_numbers',
      '6 skipped title',
      '7 created nothing_found',
      '8 rejected formula_without_value',
      '9 created nothing_found merged',
      '10 created nothing_found',
      '11 created nothing_found',
      '12 skipped title',
      '13 repeated 7',
      '14 created nothing_found',
      '15 rejected wrong_class',
      '16 rejected no_number too_small no_such_day',
      '17 rejected required',
      '18 repeated 9',
      '19 skipped total',
    ]);
    for (const { reasons } of rows)
      for (const { ru, en } of reasons) expect([ru, en]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
  });

  it('is taken in as people meant it, and a wrong row stops no other', async () => {
    const { id } = await upload(fixture('register.xlsx'));
    expect(await hub.imports.applyImport({ id }, mine())).toMatchObject({ status: 'applied', counts: { created: 5, rejected: 4 } });
    const { items } = await hub.cmdb.listItems({ class: 'pump', limit: 100, where: [] }, mine());
    const attributes = new Map(items.map((item) => [JSON.parse(item.attributes).inventoryNumber as string, JSON.parse(item.attributes)]));
    expect(attributes.get('00001234')).toMatchObject({
      serialNumber: 'СН-001',
      powerKw: 15,
      capacityM3h: 50.5,
      commissionedOn: '2019-06-30',
      site: 'Станция 1',
    });
    expect(['00001236', '00001237', '00001238'].map((number) => attributes.get(number)?.commissionedOn)).toEqual([
      '2025-12-31',
      '2025-12-31',
      '2025-03-04',
    ]);
  });

  it('comes from accounting as well, in its own encoding, and finds the items that are there', async () => {
    const { id, notices } = await upload(fixture('accounting.csv'), { fileName: 'accounting.csv', class: 'pump', source: '1c' });
    expect(notices.map(({ code }) => code)).toContain('encoding_guessed');
    expect((await rowsOf({ id })).map(({ row, fate }) => [row, fate])).toEqual([
      [2, 'created'],
      [3, 'created'],
      [5, 'rejected'],
    ]);
    await hub.imports.applyImport({ id }, mine());
    const other = await upload('Инв. №,Мощность\n00001234,16\n', { class: 'pump', source: '1c' });
    expect((await rowsOf(other))[0]).toMatchObject({
      fate: 'updated',
      changes: [{ attribute: 'powerKw', before: '15', after: '16', right: 'alike' }],
    });
  });
});

describe('a file that cannot be read', () => {
  it.each<[string, () => Promise<Uint8Array> | Uint8Array, string]>([
    ['a zip bomb', () => packToBuffer({ sheet: () => spaces(32) }), 'packed_too_tightly'],
    ['an old .xls', () => fixture('old.xls'), 'old_excel'],
    ['one with a password', () => fixture('password.xlsx'), 'encrypted'],
    ['half of one', () => fixture('register.xlsx').subarray(0, 4_000), 'broken'],
    ['nothing', () => Buffer.alloc(0), 'empty_file'],
  ])('is refused with the way out, and kept with the reason: %s', async (_, make, code) => {
    const content = await make();
    await expect(upload(content, { fileName: 'x.xlsx' })).rejects.toMatchObject({ kind: 'invalid_input', violations: [{ pointer: '/file' }] });
    const kept = await latest();
    expect(kept).toMatchObject({ status: 'refused', refusal: { code }, rows: 0 });
    expect((await download(kept?.id ?? '')).equals(content)).toBe(true);
    await expect(hub.imports.applyImport({ id: kept?.id ?? '' }, mine())).rejects.toMatchObject({ kind: 'illegal_state' });
  });

  it('is forgotten when it did not come whole', async () => {
    async function* broken() {
      yield { data: Buffer.from('Имя;'), fileName: 'x.csv' };
      throw new Error('The sender went away.');
    }
    await expect(hub.imports.uploadImport(broken(), mine())).rejects.toThrow();
    const kept = await eventually(latest, (one) => one?.status !== 'receiving');
    expect(kept).toMatchObject({ status: 'refused', refusal: { code: 'broken_off' } });
    expect(await download(kept?.id ?? '')).toHaveLength(0);
  });
});

describe('a list that does not tell how it is read', () => {
  const settle = (one: Import, more: object) => hub.imports.updateImport({ id: one.id, expectedVersion: one.version, mapping: {}, ...more }, mine());

  it('waits for a person to say its class, and is checked then', async () => {
    const one = await upload('Наименование;Инв. №\nНечто;77\n');
    expect(one).toMatchObject({ status: 'unsettled', faults: [{ code: 'class_wanted' }] });
    await expect(hub.imports.checkImport({ id: one.id }, mine())).rejects.toMatchObject({
      kind: 'illegal_state',
      violations: [{ pointer: '/class' }],
    });
    await expect(settle(one, { class: 'spaceship' })).rejects.toMatchObject({ violations: [{ pointer: '/class' }] });
    expect(await settle(one, { class: 'hardware' })).toMatchObject({ status: 'unsettled', faults: [{ code: 'class_abstract' }] });
    const settled = await hub.imports.updateImport({ id: one.id, expectedVersion: 0, class: 'server', mapping: {} }, mine());
    expect(settled).toMatchObject({ status: 'ready', class: 'server' });
    expect(await hub.imports.checkImport({ id: one.id }, mine())).toMatchObject({ status: 'checked', counts: { created: 1 } });
  });

  it('takes a person’s word on its columns, its header, its source and its zone, if nobody has said otherwise since', async () => {
    const one = await upload('список насосов;;\nчто;где;сколько\nНасос 8;Станция 8;18\n', { class: 'pump' });
    const header = await settle(one, { headerRow: 2 });
    expect(header).toMatchObject({ headerFirst: 2, status: 'unsettled', faults: [{ code: 'nothing_to_tell_by' }] });
    await expect(settle(one, { mapping: { A: 'name' } })).rejects.toMatchObject({ kind: 'conflict' });
    await expect(settle(header, { mapping: { Z: 'name' } })).rejects.toMatchObject({ violations: [{ pointer: '/mapping/Z' }] });
    expect(await settle(header, { mapping: { A: 'name', B: 'colour' } })).toMatchObject({
      status: 'unsettled',
      faults: [{ code: 'no_such_attribute' }],
    });
    const said = { mapping: { A: 'name', B: 'site', C: 'attributes.powerKw' }, source: 'excel', zone: 'Europe/Moscow' };
    expect(await settle({ ...header, version: 0 }, said)).toMatchObject({ status: 'ready', source: 'excel', zone: 'Europe/Moscow' });
    await expect(settle({ ...header, version: 0 }, { zone: 'Mars/Olympus' })).rejects.toMatchObject({ violations: [{ pointer: '/zone' }] });
    expect(await hub.imports.applyImport({ id: one.id }, mine())).toMatchObject({ status: 'applied', counts: { created: 1 } });
    const [item] = (await hub.cmdb.listItems({ source: 'excel', where: [] }, mine())).items;
    expect([item?.name, item?.key, JSON.parse(item?.attributes ?? '{}')]).toMatchObject(['Насос 8', 'name насос 8 / станция 8', { powerKw: 18 }]);
    await expect(settle({ ...header, version: 0 }, { zone: 'UTC' })).rejects.toMatchObject({ kind: 'illegal_state' });
  });
});

describe('a list that comes every year', () => {
  const apply = async (content: string, source = 'yearly') => {
    const { id } = await upload(content, { class: 'pump', source });
    return hub.imports.applyImport({ id }, mine());
  };
  const find = async (q: string) => {
    const [item] = (await hub.cmdb.listItems({ q, where: [] }, mine())).items;
    return { ...item, attributes: JSON.parse(item?.attributes ?? '{}') };
  };

  it('changes nothing where a cell is empty now, or a column is gone', async () => {
    await apply('Наименование,Инв. №,Мощность,Напор\nПостоянный,5001,11,30\n');
    expect((await apply('Наименование,Инв. №,Мощность\nПостоянный,5001,\n')).counts).toEqual({ unchanged: 1 });
    expect((await apply('Инв. №,Мощность\n5001,12\n')).counts).toEqual({ updated: 1 });
    expect(await find('постоянный')).toMatchObject({ name: 'Постоянный', attributes: { powerKw: 12, headM: 30 } });
  });

  it('goes on speaking of an item when its rows have better numbers now', async () => {
    expect((await apply('Наименование,Инв. №,С/Н,Производитель,Подача\nПостоянный,5001,SN-5001,Grundfos,50\n')).counts).toEqual({ updated: 1 });
    expect(await find('постоянный')).toMatchObject({ attributes: { powerKw: 12, headM: 30, capacityM3h: 50, serialNumber: 'SN-5001' } });
  });

  it('needs a name only for what is new', async () => {
    const { id } = await upload('Инв. №,Мощность\n5001,13\n5999,1\n', { class: 'pump', source: 'yearly' });
    expect((await rowsOf({ id })).map(({ fate, reasons }) => [fate, reasons.at(-1)?.code])).toEqual([
      ['updated', expect.stringMatching(/^changed_/)],
      ['rejected', 'name_missing'],
    ]);
  });

  it('is a question for a person where two items may be meant', async () => {
    await apply('Наименование,Инв. №\nПервый,6001\n', 'one');
    await apply('Наименование,С/Н,Производитель\nВторой,SN-6002,KSB\n', 'two');
    const { id } = await upload('Наименование,Инв. №,С/Н,Производитель\nТретий,6001,SN-6002,KSB\n', { class: 'pump', source: 'three' });
    expect((await rowsOf({ id }))[0]).toMatchObject({ fate: 'duplicate_suspected' });
    expect((await hub.sources.listDuplicates({}, mine())).items.filter(({ source }) => source === 'three')).toEqual([]);
    await hub.imports.applyImport({ id }, mine());
    expect((await hub.sources.listDuplicates({}, mine())).items.filter(({ source }) => source === 'three')).toHaveLength(1);
  });

  it('is decided anew when it is applied: what came since it was checked is seen', async () => {
    const { id, counts } = await upload('Наименование,Инв. №\nПоздний,7001\n', { class: 'pump', source: 'late' });
    expect(counts).toEqual({ created: 1 });
    await apply('Наименование,Инв. №\nПоздний,7001\n', 'early');
    expect((await hub.imports.applyImport({ id }, mine())).counts).toEqual({ unchanged: 1 });
    expect((await hub.cmdb.listItems({ q: 'поздний', where: [] }, mine())).items).toHaveLength(1);
  });
});
