import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAppError } from '../../platform/errors/app-error.ts';
import type { SheetPart } from '../domain/sheets/cell.ts';
import { packToBuffer, type WorkbookToPack } from './fixtures/pack-workbook.ts';
import { type OpenOptions, openSheetFile } from './open-sheet-file.ts';
import { surveySheet } from './read-sheet.ts';
import { findRefusal } from './refuse-file.ts';

const listFolders = () =>
  readdirSync(tmpdir())
    .filter((name) => name.startsWith('opora-sheet-'))
    .sort();

async function* bytes(content: Uint8Array | string): AsyncGenerator<Uint8Array> {
  yield typeof content === 'string' ? Buffer.from(content) : content;
}

/** All parts of the first sheet with data. */
async function readAll(content: Uint8Array | string, options: Partial<OpenOptions> = {}): Promise<SheetPart[]> {
  const file = await openSheetFile(bytes(content), { fileName: 'x', ...options });
  try {
    const parts: SheetPart[] = [];
    const { sheet } = await surveySheet(file);
    for await (const part of file.readSheet(sheet)) parts.push(part);
    return parts;
  } finally {
    await file.close();
  }
}
const readCells = async (workbook: WorkbookToPack) =>
  (await readAll(await packToBuffer(workbook))).map((part) => ('row' in part ? part.row : part.merged));

/** The code of the refusal; anything else that is thrown is a mistake of ours. */
async function refusalOf(content: Uint8Array | string, options: Partial<OpenOptions> = {}): Promise<string | undefined> {
  try {
    await readAll(content, options);
    return undefined;
  } catch (error) {
    const finding = findRefusal(error);
    if (!finding || !isAppError(error, 'invalid_input')) throw error;
    expect(error.violations).toEqual([{ pointer: '/file', message: finding.wayOut?.en }]);
    expect(finding.what.ru).not.toBe(finding.what.en);
    return finding.code;
  }
}

describe('a file that is no list', () => {
  it.each<[string, Uint8Array | string]>([
    ['empty_file', ''],
    ['old_excel', readFileSync('cmdb/sheets/fixtures/old.xls')],
    ['encrypted', readFileSync('cmdb/sheets/fixtures/password.xlsx')],
    ['web_page', '<html><table><tr><td>Имя</td></tr></table></html>'],
    ['web_page', '\ufeff<?xml version="1.0"?><Workbook/>'],
    ['no_table', '%PDF-1.7 …'],
    ['no_table', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01', 'latin1')],
    ['broken', 'PK\x03\x04 and then nothing'],
    ['open_quote', 'Имя;Номер\n"Насос;1\n'],
  ])('is refused with the way out, in both languages: %s', async (code, content) => {
    expect(await refusalOf(content)).toBe(code);
  });

  it('is refused when it only looks like a workbook: another office, binary, a plain archive', async () => {
    const relations = (target: string) =>
      `<Relationships><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="${target}"/></Relationships>`;
    const pack = (more: Record<string, string>) => packToBuffer({ sheet: '', more });
    expect(await refusalOf(await pack({ '_rels/.rels': relations('xl/workbook.bin') }))).toBe('binary_workbook');
    expect(await refusalOf(await pack({ '_rels/.rels': '<Relationships/>', mimetype: 'x', 'content.xml': '<x/>' }))).toBe('open_document');
    expect(await refusalOf(await pack({ '_rels/.rels': '<Relationships/>' }))).toBe('no_table');
    expect(await refusalOf(await pack({}))).toBe('no_data');
  });

  it('is refused wherever it was cut, and never waited for', async () => {
    const whole = readFileSync('cmdb/sheets/fixtures/register.xlsx');
    for (const share of [0.01, 0.3, 0.6, 0.9, 0.999]) expect(await refusalOf(whole.subarray(0, Math.floor(whole.length * share)))).toBe('broken');
  });

  it('is refused whatever byte of it was changed, or read all the same', async () => {
    const whole = readFileSync('cmdb/sheets/fixtures/meters.xlsx');
    for (let place = 7; place < whole.length; place += 97) {
      const changed = Buffer.from(whole);
      changed[place] = (changed[place] ?? 0) ^ 0x55;
      await refusalOf(changed);
    }
  });

  it('leaves nothing behind', async () => {
    const before = listFolders();
    await refusalOf(readFileSync('cmdb/sheets/fixtures/old.xls'));
    await refusalOf('PK\x03\x04');
    await readAll('Имя;Номер\nНасос;1\n');
    const failing = async function* () {
      yield Buffer.from('Имя;');
      throw new Error('The sender went away.');
    };
    await expect(openSheetFile(failing(), { fileName: 'x' })).rejects.toThrow('went away');
    expect(listFolders()).toEqual(before);
  });
});

describe('a file that would take the memory', () => {
  const spaces = (mebibytes: number) =>
    function* () {
      const piece = ' '.repeat(2 ** 20);
      for (let count = 0; count < mebibytes; count += 1) yield piece;
    };

  it('is refused before it is unpacked when it is packed as tightly as a bomb', async () => {
    const bomb = await packToBuffer({ sheet: spaces(32) });
    expect(bomb.length).toBeLessThan(100_000);
    expect(await refusalOf(bomb)).toBe('packed_too_tightly');
    expect(await refusalOf(await packToBuffer({ sheet: '<row><c t="s"><v>0</v></c></row>', texts: spaces(32) }))).toBe('packed_too_tightly');
  });

  it('is refused when it says less than it holds', async () => {
    const bomb = await packToBuffer({ sheet: spaces(32) });
    // The size in the central directory stands 24 bytes after the signature of its entry; the name 46.
    const name = bomb.lastIndexOf('xl/worksheets/sheet1.xml');
    bomb.writeUInt32LE(1_000, name - 46 + 24);
    expect(await refusalOf(bomb)).toBe('broken');
  });

  it('is refused when a part, the texts, a row or a cell is too big', async () => {
    const noise = (characters: number) =>
      Array.from({ length: characters / 8 }, () => Math.random().toString(36).slice(2, 10).padEnd(8, 'x')).join('');
    const row = '<row><c t="inlineStr"><is><t>a</t></is></c></row>';
    expect(await refusalOf(await packToBuffer({ sheet: row.repeat(100) }), { limits: { partBytes: 1_000 } })).toBe('part_too_big');
    expect(
      await refusalOf(await packToBuffer({ sheet: row, texts: `<si><t>${noise(8_000)}</t></si>`.repeat(10) }), {
        limits: { sharedTextBytes: 50_000 },
      }),
    ).toBe('too_many_texts');
    expect(
      await refusalOf(await packToBuffer({ sheet: `<row><c t="inlineStr"><is><t>${noise(400_000)}</t></is></c></row>` }), {
        limits: { rowBytes: 100_000 },
      }),
    ).toBe('row_too_big');
    expect(
      await refusalOf(await packToBuffer({ sheet: `<row><c t="inlineStr"><is>${`<t>${noise(800)}</t>`.repeat(200)}</is></c></row>` }), {
        limits: { rowBytes: 100_000 },
      }),
    ).toBe('row_too_big');
    for (const sheet of [`<row x="${noise(400_000)}"/>`, `<!--${noise(400_000)}-->`, noise(400_000)])
      expect(await refusalOf(await packToBuffer({ sheet }), { limits: { rowBytes: 100_000 } })).toBe('row_too_big');
    expect(await refusalOf(`Имя\n"${noise(400_000)}"`, { limits: { rowBytes: 100_000 } })).toBe('open_quote');
    expect(await refusalOf(`Имя\n${noise(400_000)}`, { limits: { rowBytes: 100_000 } })).toBe('row_too_big');
    expect(await refusalOf(noise(200_000), { limits: { fileBytes: 100_000 } })).toBe('file_too_big');
  });

  it('is refused when it has too many parts, rows, columns or merged cells', async () => {
    const more = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`xl/media/${index}`, '']));
    expect(await refusalOf(await packToBuffer({ sheet: '', more }), { limits: { parts: 20 } })).toBe('too_many_parts');
    expect(await refusalOf(await packToBuffer({ sheet: '<row r="1"><c r="ALM1"><v>1</v></c></row>' }))).toBe('too_many_columns');
    expect(await refusalOf(await packToBuffer({ sheet: '<row r="99999999"><c><v>1</v></c></row>' }))).toBe('too_many_rows');
    expect(await refusalOf(`${'a;'.repeat(1_001)}\n`)).toBe('too_many_columns');
    expect(await refusalOf('a\n'.repeat(1_000), { limits: { rows: 999 } })).toBe('too_many_rows');
    const ranges =
      '<?xml version="1.0"?><worksheet><sheetData><row><c><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:B2"/></mergeCells></worksheet>';
    expect(await refusalOf(await packToBuffer({ sheet: ranges }), { limits: { mergedRanges: 1 } })).toBe('too_many_merged');
  });

  it('is refused when its XML declares entities, used or not', async () => {
    const sheet = (value: string) =>
      `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet><sheetData><row><c t="str"><v>${value}</v></c></row></sheetData></worksheet>`;
    expect(await refusalOf(await packToBuffer({ sheet: sheet('&a;') }))).toBe('broken');
    expect(await refusalOf(await packToBuffer({ sheet: sheet('a') }))).toBe('broken');
  });
});

describe('a workbook that another program wrote in its own way', () => {
  it('may leave out references, use prefixes, and write texts in every form', async () => {
    const sheet = [
      '<?xml version="1.0"?><x:worksheet xmlns:x="m"><x:sheetData>',
      '<x:row><x:c t="str"><x:v>a_x000D_b</x:v></x:c><x:c t="inlineStr"><x:is><x:r><x:t>в </x:t></x:r><x:r><x:t>частях</x:t></x:r><x:rPh><x:t>как звучит</x:t></x:rPh></x:is></x:c></x:row>',
      '<x:row r="5"><x:c r="C5" t="b"><x:v>1</x:v></x:c><x:c t="e"><x:v>#REF!</x:v></x:c><x:c t="d"><x:v>2025-12-31T00:00:00</x:v></x:c></x:row>',
      '<x:row><x:c><x:f>A1&amp;"x"</x:f></x:c><x:c t="s"><x:v>1</x:v></x:c><x:c s="1"/></x:row>',
      '</x:sheetData></x:worksheet>',
    ].join('');
    expect(await readCells({ sheet, texts: '<si><t/></si><si><t xml:space="preserve"> общий </t></si>' })).toEqual([
      {
        number: 1,
        cells: [
          { kind: 'text', text: 'a\rb' },
          { kind: 'text', text: 'в частях' },
        ],
      },
      {
        number: 5,
        cells: [undefined, undefined, { kind: 'boolean', value: true }, { kind: 'error', text: '#REF!' }, { kind: 'moment', moment: '2025-12-31' }],
      },
      {
        number: 6,
        cells: [
          { kind: 'unvalued', formula: 'A1&"x"', isFormula: true },
          { kind: 'text', text: ' общий ' },
        ],
      },
    ]);
  });

  it('is refused when a cell names a text that is not there', async () => {
    expect(await refusalOf(await packToBuffer({ sheet: '<row><c t="s"><v>7</v></c></row>' }))).toBe('broken');
  });

  it('has a date wherever its format shows one', async () => {
    const formats = [
      'dd\\.mm\\.yyyy',
      '[$-419]d mmm yyyy',
      '"дата" yyyy',
      '[h]:mm',
      '0.00E+00',
      '"d"0',
      '#,##0.00 [$₽-419]',
      'h:mm',
      '00000',
      '[Red]0',
    ];
    const styles = `<styleSheet><numFmts>${formats.map((code, index) => `<numFmt numFmtId="${200 + index}" formatCode="${code.replaceAll('"', '&quot;')}"/>`).join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>${formats.map((_, index) => `<xf numFmtId="${200 + index}"/>`).join('')}</cellXfs></styleSheet>`;
    const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
    const relations = `<Relationships><Relationship Id="a" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="s" Type="${office}/styles" Target="Styles.xml"/></Relationships>`;
    const sheet = `<row>${Array.from({ length: 12 }, (_, index) => `<c s="${index}"><v>45657</v></c>`).join('')}</row>`;
    const [row] = await readCells({ sheet, more: { 'xl/_rels/workbook.xml.rels': relations, 'xl/styles.xml': styles } });
    expect(row && 'cells' in row && row.cells.map((cell) => cell?.kind)).toEqual([
      'number',
      'moment',
      'moment',
      'moment',
      'moment',
      'number',
      'number',
      'number',
      'number',
      'moment',
      'number',
      'number',
    ]);
  });

  it('has its sheets by name, hidden ones too, and no others', async () => {
    const file = await openSheetFile(createReadStream('cmdb/sheets/fixtures/register.xlsx'), { fileName: 'x' });
    try {
      expect(await surveySheet(file, { sheet: 'Справочник' })).toMatchObject({ rows: 1, columns: [{ header: 'код' }, { header: 'значение' }] });
      await expect(surveySheet(file, { sheet: 'Лист9' })).rejects.toMatchObject({ kind: 'invalid_input', message: expect.stringContaining('Лист9') });
    } finally {
      await file.close();
    }
  });
});
