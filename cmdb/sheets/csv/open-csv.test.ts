import fc from 'fast-check';
import { openSheetFile } from '../open-sheet-file.ts';
import type { CsvOptions } from './open-csv.ts';
import { parseCsv } from './parse-csv.ts';

async function* inPieces(content: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let place = 0; place < content.length; place += size) yield content.subarray(place, place + size);
}

/** Rows by their numbers, as texts. */
async function read(content: string | Buffer, options: CsvOptions = {}): Promise<Record<number, string[]>> {
  const file = await openSheetFile(inPieces(Buffer.from(content as string), 7), { fileName: 'list.csv', ...options });
  const rows: Record<number, string[]> = {};
  for await (const part of file.readSheet('list'))
    if ('row' in part) rows[part.row.number] = part.row.cells.map((cell) => (cell?.kind === 'text' ? cell.text : ''));
  await file.close();
  return rows;
}
/** Russian letters of windows-1251 for those of Unicode. */
const inWindows1251 = (text: string) =>
  Buffer.from([...text].map((letter) => (/[А-я]/.test(letter) ? letter.charCodeAt(0) - 0x0410 + 0xc0 : letter.charCodeAt(0))));

describe('a text file', () => {
  it.each<[string, string]>([
    ['semicolons', 'Имя;Цена\nНасос, К 80;7,5\n'],
    ['tabs', 'Имя\tЦена\nНасос, К 80\t7,5\n'],
    ['commas and quotes', 'Имя,Цена\n"Насос, К 80","7,5"\n'],
    ['what its first line says', 'sep=|\nИмя|Цена\nНасос, К 80|7,5\n'],
  ])('is cut by %s', async (_, text) => {
    expect(Object.values(await read(text))).toEqual([
      ['Имя', 'Цена'],
      ['Насос, К 80', '7,5'],
    ]);
  });

  it.each<[string, Buffer]>([
    ['UTF-8', Buffer.from('Имя;Цена\nНасос;7\n')],
    ['UTF-8 with a mark', Buffer.from('\ufeffИмя;Цена\nНасос;7\n')],
    ['UTF-16', Buffer.from('\ufeffИмя;Цена\nНасос;7\n', 'utf16le')],
    ['UTF-16 the other way round', Buffer.from('\ufeffИмя;Цена\nНасос;7\n', 'utf16le').swap16()],
    ['windows-1251', inWindows1251('Имя;Цена\nНасос;7\n')],
  ])('is read in %s, however it comes in pieces', async (_, content) => {
    expect(await read(content)).toEqual({ 1: ['Имя', 'Цена'], 2: ['Насос', '7'] });
  });

  it('is not taken for UTF-8 when one letter far down is not', async () => {
    const content = Buffer.concat([Buffer.from('Code;Name\n'), Buffer.from('1;x\n'.repeat(50_000)), inWindows1251('2;Насос\n')]);
    expect((await read(content))[50_002]).toEqual(['2', 'Насос']);
  });

  it('is read as a person says, whatever the guess', async () => {
    expect(await read('a,b;c\n1,2;3\n', { separator: ',' })).toEqual({ 1: ['a', 'b;c'], 2: ['1', '2;3'] });
    expect(await read(Buffer.from([0xc4, 0xc5]), { encoding: 'windows-1251' })).toEqual({ 1: ['ДЕ'] });
  });

  it('keeps lines within quotes, quotes within values, and counts rows as a spreadsheet does', async () => {
    expect(await read('Имя;Примечание\r\n"a ""b"" c";"1\r\n2"\r\n\r\nТруба 2" стальная;"x"y\r\n;\r\nz')).toEqual({
      1: ['Имя', 'Примечание'],
      2: ['a "b" c', '1\r\n2'],
      4: ['Труба 2" стальная', 'xy'],
      6: ['z'],
    });
  });

  it('gives back any table that was quoted, whatever pieces it comes in', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'я', '"', ';', '\n', '\r', ' ', '\t'), maxLength: 8 });
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 5 }),
        (table, size) => {
          const text = table.map((cells) => cells.map((value) => `"${value.replaceAll('"', '""')}"`).join(';')).join('\r\n');
          const rows: string[][] = [];
          const parser = parseCsv(';', { give: (cells) => rows.push(cells), mostCharacters: 1_000, refuse: () => expect('refused').toBe('read') });
          for (let place = 0; place < text.length; place += size) parser.write(text.slice(place, place + size));
          parser.end();
          expect(rows).toEqual(table);
        },
      ),
    );
  });
});
