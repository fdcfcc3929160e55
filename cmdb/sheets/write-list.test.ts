import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import fc from 'fast-check';
import { fromBufferPromise } from 'yauzl';
import type { SheetPart } from '../domain/sheets/cell.ts';
import { pumpClass } from '../domain/sheets/fixtures/pump-class.ts';
import { guessMapping } from '../domain/sheets/guess-mapping.ts';
import { settleGuess } from '../domain/sheets/mapping.ts';
import { ownLabels } from '../domain/sheets/sheet-class.ts';
import type { Reader } from '../domain/sheets/write-value.ts';
import type { ListColumn } from './list-column.ts';
import { openSheetFile } from './open-sheet-file.ts';
import { planReading, readFates, surveySheet } from './read-sheet.ts';
import { writeCsv } from './write-csv.ts';
import { writeXlsx } from './write-xlsx.ts';

const reader: Reader = { language: 'ru', zone: 'Europe/Moscow' };
const columns: ListColumn[] = [
  { header: 'Имя', type: 'text' },
  { header: 'Мощность', type: 'decimal' },
  { header: 'Ввод', type: 'date' },
  { header: 'Изменён', type: 'time' },
  { header: 'В работе', type: 'boolean' },
  { header: 'Тип', type: 'choice', values: [{ value: 'a', label: { ru: 'Первый', en: 'First' } }] },
  { header: 'Метки', type: 'text', list: true },
];
const row = ['Насос', 1234.5, '2025-12-31', '2025-12-31T21:30:00.000Z', true, 'a', ['x', 'y']];

async function partOf(workbook: Buffer, path: string): Promise<string> {
  const zip = await fromBufferPromise(workbook, { lazyEntries: true });
  for await (const entry of zip.eachEntry()) if (entry.fileName === path) return text(await zip.openReadStreamPromise(entry));
  throw new Error(`There is no ${path}.`);
}
async function cellsOf(workbook: Buffer): Promise<unknown[][]> {
  const file = await openSheetFile([workbook], { fileName: 'x' });
  const parts: SheetPart[] = [];
  for (const { name } of file.sheets) for await (const part of file.readSheet(name)) parts.push(part);
  await file.close();
  return parts.flatMap((part) =>
    'row' in part
      ? [
          part.row.cells.map((cell) =>
            cell?.kind === 'text' ? cell.text : cell?.kind === 'number' ? cell.number : cell?.kind === 'moment' ? cell.moment : undefined,
          ),
        ]
      : [],
  );
}

describe('a list as .xlsx', () => {
  it('has values as people read them: dates are dates, numbers numbers, words words', async () => {
    const workbook = await buffer(writeXlsx(columns, [row, []], { ...reader, sheetName: 'Насосы' }));
    expect(await cellsOf(workbook)).toEqual([
      ['Имя', 'Мощность', 'Ввод', 'Изменён', 'В работе', 'Тип', 'Метки'],
      ['Насос', 1234.5, '2025-12-31', '2026-01-01T00:30:00', 'да', 'Первый', 'x; y'],
    ]);
    const english = await buffer(writeXlsx(columns, [row], { language: 'en', zone: 'UTC', sheetName: 'x' }));
    expect((await cellsOf(english))[1]).toEqual(['Насос', 1234.5, '2025-12-31', '2025-12-31T21:30:00', 'yes', 'First', 'x; y']);
  });

  it('keeps its header in sight, filters, and is as wide as its values', async () => {
    const workbook = await buffer(
      writeXlsx(
        columns.slice(0, 2),
        [
          ['x'.repeat(30), 1],
          ['y', 2],
        ],
        { ...reader, sheetName: 'x' },
      ),
    );
    const sheet = await partOf(workbook, 'xl/worksheets/sheet1.xml');
    expect(sheet).toContain('<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>');
    expect(sheet).toContain('<autoFilter ref="A1:B3"/>');
    expect([...sheet.matchAll(/ width="(\d+)"/g)].map(([, width]) => Number(width))).toEqual([32, 14]);
  });

  it('never runs a text: it has no formula, and what looks like one stays text when it is edited', async () => {
    const evil = ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\t=1', '＝1'];
    const workbook = await buffer(
      writeXlsx(
        [{ header: '=1', type: 'text' }],
        evil.map((one) => [one]),
        { ...reader, sheetName: 'x' },
      ),
    );
    const sheet = await partOf(workbook, 'xl/worksheets/sheet1.xml');
    expect(sheet).not.toContain('<f>');
    expect(sheet.match(/ t="inlineStr" s="6"/g)).toHaveLength(evil.length);
    expect(await partOf(workbook, 'xl/styles.xml')).toContain('<xf numFmtId="49" quotePrefix="1"');
    expect((await cellsOf(workbook)).flat()).toEqual(['=1', ...evil]);
  });

  it('keeps long numbers as texts, days that no spreadsheet counts, and every character', async () => {
    const odd = 'a\u0000\u0001<&>"_x0041_\r\n\ud800\uffff 😀';
    const workbook = await buffer(
      writeXlsx([...columns.slice(0, 3)], [[odd, 1e20, '1890-01-01'], ['356938035643809', 12345678901234568, 'вчера'], ['y'.repeat(40_000)]], {
        ...reader,
        sheetName: 'x',
      }),
    );
    const [, first, second, third] = await cellsOf(workbook);
    expect(first).toEqual([odd.toWellFormed(), '100000000000000000000', '1890-01-01']);
    expect(second).toEqual(['356938035643809', '12345678901234568', 'вчера']);
    expect(String(third?.[0])).toHaveLength(32_767);
  });

  it('goes on to the next sheet when one is full', async () => {
    const rows = Array.from({ length: 7 }, (_, index) => [`Насос ${index}`]);
    const workbook = await buffer(writeXlsx(columns.slice(0, 1), rows, { ...reader, sheetName: 'Насосы', rowsOfSheet: 3 }));
    expect(await partOf(workbook, 'xl/workbook.xml')).toMatch(/name="Насосы".*name="Насосы \(2\)".*name="Насосы \(3\)"/);
    expect((await cellsOf(workbook)).flat().filter((cell) => cell !== 'Имя')).toEqual(rows.flat());
    const even = await buffer(writeXlsx(columns.slice(0, 1), rows.slice(0, 6), { ...reader, sheetName: 'x', rowsOfSheet: 3 }));
    expect(await partOf(even, 'xl/workbook.xml')).not.toContain('(3)');
  });

  it.each<[string, (rows: AsyncGenerator<string[]>) => ReturnType<typeof writeXlsx>]>([
    ['xlsx', (rows) => writeXlsx(columns.slice(0, 1), rows, { ...reader, sheetName: 'x' })],
    ['csv', (rows) => writeCsv(columns.slice(0, 1), rows, reader)],
  ])('asks for rows only as it is read, ends them when nobody reads on, and fails with them (%s)', async (_, write) => {
    let asked = 0;
    let isEnded = false;
    const endless = async function* () {
      try {
        for (;;) {
          asked += 1;
          yield [Math.random().toString(36).repeat(20)];
        }
      } finally {
        isEnded = true;
      }
    };
    const stream = write(endless());
    await once(stream, 'readable');
    for (let turn = 0; turn < 2_000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBeLessThan(20_000);
    stream.destroy();
    while (!isEnded) await new Promise((resolve) => setImmediate(resolve));

    const failing = async function* () {
      yield ['a'];
      throw new Error('The database went away.');
    };
    await expect(buffer(write(failing()))).rejects.toThrow('The database went away.');
  });
});

describe('a list as CSV', () => {
  it('is what Excel of the reader opens by a double click', async () => {
    const written = await buffer(writeCsv(columns, [row, ['a;"b"', -7.5]], reader));
    expect(written.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(written.subarray(3).toString()).toBe(
      'Имя;Мощность;Ввод;Изменён;В работе;Тип;Метки\r\nНасос;1234,5;31.12.2025;01.01.2026 00:30:00;да;Первый;"x; y"\r\n"a;""b""";-7,5;;;;;\r\n',
    );
    expect(await text(writeCsv(columns, [row], { language: 'en', zone: 'UTC' }))).toContain(
      '\r\nНасос,1234.5,2025-12-31,2025-12-31 21:30:00,yes,First,x; y\r\n',
    );
  });

  it('never runs a text', async () => {
    const evil = ['=1+1', '+1', '-1', '@x', '\t=1', '\r=1'];
    const written = await text(
      writeCsv(
        [{ header: 'Имя', type: 'text' }],
        evil.map((one) => [one]),
        reader,
      ),
    );
    expect(written).toBe("Имя\r\n'=1+1\r\n'+1\r\n'-1\r\n'@x\r\n'\t=1\r\n\"'\r=1\"\r\n");
  });
});

describe('a list that was exported', () => {
  const exported = [...pumpClass.attributes].map(([name, { label, type, list, values, unit }]) => ({
    name,
    column: { header: `${label.ru}${unit ? ` (${unit})` : ''}`, type, ...(list && { list }), ...(values && { values }) },
  }));
  const word = fc
    .string({ unit: fc.constantFrom('а', 'Б', '7', '=', '-', '"', '@', 'x', ' '), minLength: 1, maxLength: 12 })
    .map((value) => `${value.trim()}я`);
  const record = fc.record(
    {
      inventoryNumber: fc.integer({ min: 0, max: 99_999_999 }).map((value) => String(value).padStart(8, '0')),
      serialNumber: word,
      power: fc.integer({ min: 0, max: 500_000 }).map((value) => value / 100),
      stages: fc.integer({ min: -1_000, max: 1_000 }),
      kind: fc.constantFrom('centrifugal', 'submersible'),
      commissionedOn: fc
        .date({ min: new Date('1950-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 10)),
      installedAt: fc
        .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((date) => `${date.toISOString().slice(0, 19)}.000Z`),
      imei: fc.bigInt({ min: 10n ** 14n, max: 10n ** 15n - 1n }).map(String),
      inWork: fc.boolean(),
      tags: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
      note: word,
    },
    { requiredKeys: [] },
  );

  it.each<[string, (list: ListColumn[], rows: unknown[][], as: Reader) => ReturnType<typeof writeXlsx>]>([
    ['xlsx', (list, rows, as) => writeXlsx(list, rows, { ...as, sheetName: 'x' })],
    ['csv', (list, rows, as) => writeCsv(list, rows, as)],
  ])('is imported again as it was, by guess alone, in both languages (%s)', async (_, write) => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 5 }), fc.constantFrom<'ru' | 'en'>('ru', 'en'), async (records, language) => {
        const as: Reader = { language, zone: 'Asia/Yekaterinburg' };
        const list: ListColumn[] = [{ header: ownLabels.name[language], type: 'text' }, ...exported.map(({ column }) => column)];
        const rows = records.map((values, index) => [`Насос ${index}`, ...exported.map(({ name }) => (values as Record<string, unknown>)[name])]);
        const file = await openSheetFile(write(list, rows, as), { fileName: 'x' });
        const survey = await surveySheet(file);
        const mapping = settleGuess(guessMapping(survey.columns, pumpClass));
        const plan = planReading(file, survey, { class: pumpClass, mapping, zone: as.zone, isWhole: true });
        const read: unknown[] = [];
        // Two random records may have the same number.
        const withoutIdentifiers = { ...plan, class: { ...pumpClass, identifiers: [] } };
        for await (const fate of readFates(file, survey, withoutIdentifiers)) read.push(fate.fate === 'record' ? fate.record.attributes : fate);
        await file.close();
        expect(read).toEqual(records.map((values) => ({ ...values })));
      }),
      { numRuns: 40 },
    );
  });
});
