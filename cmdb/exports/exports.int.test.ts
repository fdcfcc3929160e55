import type { ExportItemsRequest, Import } from '../../generated/opora/cmdb/v1/imports.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { aServer, mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';
import { toMark } from '../domain/search/list-words.ts';
import { openSheetFile } from '../sheets/open-sheet-file.ts';
import { surveySheet } from '../sheets/read-sheet.ts';

let hub: OpenCmdb;
beforeAll(async () => {
  hub = await openCmdb();
  const pump = (key: string, attributes: object, name = key) => aServer(key, attributes as Record<string, unknown>, { class: 'pump', name });
  await hub.sources.takeDelta(
    {
      source: 'scada',
      items: [
        pump('p1', { inventoryNumber: '00001234', powerKw: 7.5, commissionedOn: '2019-06-30', tags: ['a', 'b; c'], owner: 'Иванов' }, '  Насос  №1 '),
        pump(
          'p2',
          { serialNumber: 'SN-2', manufacturer: 'Grundfos', description: '=HYPERLINK("http://x")', externalLink: 'https://example.org/' },
          '+7',
        ),
        pump('p3', { description: 'две\nстроки; "кавычки"' }, "'=1"),
        aServer('s1', { serialNumber: 'CZ1', manufacturer: 'HPE', memoryGb: 64 }, { lookups: ['10.0.0.1', 'db-1.corp'] }),
      ],
      relations: [],
      removedKeys: [],
      removedRelations: [],
    },
    mine(),
  );
});
afterAll(() => hub.close());

async function download(asked: Partial<ExportItemsRequest> = {}): Promise<{ bytes: Buffer; name?: string | undefined }> {
  const pieces: Buffer[] = [];
  let name: string | undefined;
  for await (const piece of hub.imports.exportItems({ columns: [], where: [], ...asked }, mine())) {
    name ??= piece.name;
    pieces.push(Buffer.from(piece.data));
  }
  return { bytes: Buffer.concat(pieces), name };
}
const upload = (bytes: Uint8Array, fileName: string, source?: string): Promise<Import> =>
  hub.imports.uploadImport([{ data: bytes, fileName, ...(source && { source }) }], mine());
/** Every row of the inventory with the transaction that wrote it. */
async function fingerprint(): Promise<string> {
  const tables = ['item', 'item_version', 'item_link', 'item_identifier', 'item_lookup'];
  const hashes = tables.map((table) => `(select md5(string_agg(ctid::text || xmin::text, ',' order by ctid)) from ${table}) as ${table}`);
  return JSON.stringify(await hub.database.query({ strings: [`select ${hashes.join(', ')}`], values: [] }));
}

describe('a list that is exported', () => {
  it.each([
    ['xlsx', 'ru', undefined],
    ['xlsx', 'en', 'pump'],
    ['csv', 'ru', 'pump'],
    ['csv', 'en', undefined],
  ] as const)('changes nothing when it is imported again, not even whose word a value is: %s, %s, %s', async (format, language, itemClass) => {
    const before = await fingerprint();
    const { bytes, name = '' } = await download({ format, language, ...(itemClass && { class: itemClass }) });
    const checked = await upload(bytes, name);
    const { items } = await hub.imports.listImportRows({ id: checked.id }, mine());
    expect(items.filter(({ fate }) => fate !== 'unchanged')).toEqual([]);
    expect(checked).toMatchObject({ status: 'checked', counts: { unchanged: itemClass ? 3 : 4 } });
    expect(await hub.imports.applyImport({ id: checked.id }, mine())).toMatchObject({ status: 'applied', counts: { unchanged: itemClass ? 3 : 4 } });
    expect(await fingerprint()).toBe(before);
  });

  it('says of an item only what was changed in it, when it is imported again', async () => {
    const { bytes } = await download({ format: 'csv', language: 'en', class: 'pump' });
    const edited = Buffer.from(bytes.toString().replace('7.5', '8.5'));
    const asList = await upload(edited, 'pumps.csv');
    const [kept] = (await hub.imports.listImportRows({ id: asList.id, limit: 1 }, mine())).items;
    expect(kept?.kept.map(({ attribute, source, right }) => [attribute, source, right])).toEqual([['powerKw', 'scada', 'alike']]);
    const { id } = await upload(edited, 'pumps.csv', 'manual');
    const applied = await hub.imports.applyImport({ id }, mine());
    expect(applied.counts).toEqual({ updated: 1, unchanged: 2 });
    const [row] = (await hub.imports.listImportRows({ id, fate: 'updated' }, mine())).items;
    expect(row?.changes.map(({ attribute, before, after, right }) => [attribute, before, after, right])).toEqual([
      ['powerKw', '7.5', '8.5', 'person'],
    ]);
    const { words } = await hub.sources.explainItem({ id: row?.itemId ?? '' }, mine());
    const [own] = words.filter(({ source }) => source === 'manual');
    expect([own?.key, JSON.parse(own?.said ?? '{}').attributes]).toEqual([row?.itemId, { powerKw: 8.5 }]);
  });

  it('refuses a row whose item is not there, and leaves a retired one out of use', async () => {
    const { bytes } = await download({ format: 'csv', language: 'en', columns: ['id', 'name', 'description'], q: 'p2' });
    const [header = '', line = ''] = bytes.toString().split('\r\n');
    const id = line.split(',')[0] ?? '';
    const unknown = line.replace(id, '0198c3a4-5b6c-7d8e-9f00-112233445566');
    const item = await hub.cmdb.getItem({ id }, mine());
    await hub.cmdb.retireItem({ id, expectedVersion: item.version }, mine());
    const checked = await hub.imports.uploadImport(
      [{ data: Buffer.from([header, unknown, `${line}!`].join('\n')), fileName: 'x.csv', class: 'pump' }],
      mine(),
    );
    const { items } = await hub.imports.listImportRows({ id: checked.id }, mine());
    expect(items.map(({ fate, reasons }) => [fate, reasons[0]?.code])).toEqual([
      ['rejected', 'no_such_item'],
      ['rejected', 'item_retired'],
    ]);
  });

  it('has the columns that are asked for, in their order, and refuses one that there is not', async () => {
    const { bytes } = await download({ format: 'csv', language: 'ru', class: 'server', columns: ['memoryGb', 'name', 'lookups'] });
    expect(bytes.toString()).toBe('\ufeffОперативная память (GB);Наименование;Другие имена\r\n64;s1;"10.0.0.1; db-1.corp"\r\n');
    await expect(download({ class: 'server', columns: ['name', 'colour'] })).rejects.toMatchObject({
      kind: 'invalid_input',
      violations: [{ pointer: '/columns/1' }],
    });
  });

  it('has only the items that are asked for, also by their attributes', async () => {
    await hub.cmdb.createItem({ class: 'pump', name: 'Strong', attributes: JSON.stringify({ powerKw: 555, site: 'powers' }), lookups: [] }, mine());
    await hub.cmdb.createItem({ class: 'pump', name: 'Weak', attributes: JSON.stringify({ powerKw: 5, site: 'powers' }), lookups: [] }, mine());
    const { bytes } = await download({ format: 'csv', class: 'pump', site: 'powers', where: ['powerKw>100'], columns: ['name'] });
    expect(bytes.toString().trim().split('\r\n').slice(1)).toEqual(['Strong']);
  });

  it('is read page by page, and no further than somebody reads it', async () => {
    await hub.database.query(sql`insert into item (id, source, key, class, name, attributes, lookups, state, version, created_at, updated_at, words, actor_id, actor_name)
      select gen_random_uuid(), 'many', n::text, 'server', 'many-' || lpad(n::text, 6, '0'), '{"site": "many"}', '{}', 'active', 1, now(), now(), array_to_tsvector(${[toMark('class', 'server'), toMark('site', 'many')]}::text[]), 'x', 'x' from generate_series(1, 1700) n`);
    const { bytes } = await download({ format: 'csv', class: 'server', site: 'many', columns: ['name'] });
    const names = bytes.toString().trim().split('\r\n').slice(1);
    expect([names.length, new Set(names).size, names.at(-1)]).toEqual([1700, 1700, 'many-001700']);
    for await (const piece of hub.imports.exportItems({ columns: [], where: [], site: 'many' }, mine())) {
      expect(piece.mediaType).toContain('spreadsheetml');
      break;
    }
  });
});

describe('a template', () => {
  it.each(['ru', 'en'] as const)('is filled in and imported without a word about its columns (%s)', async (language) => {
    const pieces: Buffer[] = [];
    for await (const { data } of hub.imports.getTemplate({ name: 'pump', language }, mine())) pieces.push(Buffer.from(data));
    const file = await openSheetFile([Buffer.concat(pieces)], { fileName: 'x' });
    const { columns } = await surveySheet(file);
    await file.close();
    const content = [
      columns.map(({ header }) => header).join(';'),
      columns.map(({ header }) => (/^(Наименование|Name)/.test(header) ? 'Насос' : '')).join(';'),
    ];
    const checked = await upload(Buffer.from(content.join('\n')), language === 'ru' ? 'Насос.csv' : 'Pump.csv');
    expect(checked).toMatchObject({ status: 'checked', class: 'pump', faults: [], counts: { created: 1 } });
    expect(checked.columns.filter(({ target }) => target === undefined)).toEqual([]);
  });

  it('is of a class that items are of', async () => {
    const read = async (name: string) => {
      for await (const _ of hub.imports.getTemplate({ name }, mine()));
    };
    await expect(read('hardware')).rejects.toMatchObject({ kind: 'invalid_input' });
    await expect(read('spaceship')).rejects.toMatchObject({ kind: 'not_found' });
  });
});
