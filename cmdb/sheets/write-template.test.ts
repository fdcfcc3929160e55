import { buffer, text } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';
import { pumpClass } from '../domain/sheets/fixtures/pump-class.ts';
import { guessMapping } from '../domain/sheets/guess-mapping.ts';
import { toTargetName } from '../domain/sheets/sheet-class.ts';
import { listTemplateColumns } from '../domain/sheets/template-columns.ts';
import { openSheetFile } from './open-sheet-file.ts';
import { surveySheet } from './read-sheet.ts';
import { writeTemplate } from './write-template.ts';

const strictPump = {
  ...pumpClass,
  attributes: new Map(
    [...pumpClass.attributes].map(([name, attribute]) => [name, name === 'serialNumber' ? { ...attribute, required: true } : attribute]),
  ),
};

async function unpack(workbook: Buffer): Promise<Map<string, string>> {
  const zip = await fromBufferPromise(workbook, { lazyEntries: true });
  const parts = new Map<string, string>();
  for await (const entry of zip.eachEntry()) parts.set(entry.fileName, await text(await zip.openReadStreamPromise(entry)));
  return parts;
}

describe('the template workbook of a class', () => {
  it.each(['ru', 'en'] as const)('has a column for all that an item has, which is known again for certain (%s)', async (language) => {
    const file = await openSheetFile(writeTemplate(strictPump, language), { fileName: 'x' });
    const { sheet, columns } = await surveySheet(file);
    await file.close();
    expect(sheet).toBe(pumpClass.label[language]);
    const expected = listTemplateColumns(strictPump, language).map(({ target }) => toTargetName(target));
    const guesses = guessMapping(columns, strictPump);
    expect(guesses.map(({ target }) => target && toTargetName(target))).toEqual(expected);
    expect(Math.min(...guesses.map(({ confidence }) => confidence))).toBeGreaterThanOrEqual(0.95);
  });

  it('marks what is required, puts it first, and explains each column in a note', async () => {
    const parts = await unpack(await buffer(writeTemplate(strictPump, 'ru')));
    const sheet = parts.get('xl/worksheets/sheet1.xml') ?? '';
    expect(sheet).toContain(
      '<c r="A1" t="inlineStr" s="2"><is><t>Наименование *</t></is></c><c r="B1" t="inlineStr" s="2"><is><t>Серийный номер *</t></is></c>',
    );
    expect(sheet.match(/ s="2">/g)).toHaveLength(2);
    const notes = parts.get('xl/comments1.xml') ?? '';
    expect(notes).toContain('<comment ref="B1" authorId="0"><text><t>Обязательно. С таблички.</t></text></comment>');
    expect(notes).toContain('от 0 до 5000 кВт.');
    expect(parts.get('xl/drawings/notes1.vml')?.match(/<v:shape /g)).toHaveLength(
      listTemplateColumns(strictPump, 'ru').filter(({ help }) => help !== '').length,
    );
    expect(sheet).toContain('<legacyDrawing r:id="notes"/>');
    expect(parts.get('xl/worksheets/_rels/sheet1.xml.rels')).toMatch(/Target="\.\.\/comments1\.xml".*|Target="\.\.\/drawings\/notes1\.vml"/);
  });

  it('offers choices, yes and no, and states from a hidden sheet', async () => {
    const workbook = await buffer(writeTemplate(strictPump, 'ru'));
    const parts = await unpack(workbook);
    const validations = [...(parts.get('xl/worksheets/sheet1.xml') ?? '').matchAll(/sqref="([A-Z]+)2:[A-Z]+100001"><formula1>([^<]+)<\/formula1>/g)];
    const columns = listTemplateColumns(strictPump, 'ru');
    expect(validations.map(([, letter = '']) => columns[letter.charCodeAt(0) - 65]?.header)).toEqual(['Тип насоса', 'В работе', 'Состояние']);
    expect(validations.map(([, , source]) => source)).toEqual(["'Списки'!$A$1:$A$2", "'Списки'!$B$1:$B$2", "'Списки'!$C$1:$C$2"]);
    const file = await openSheetFile([workbook], { fileName: 'x' });
    expect(file.sheets).toEqual([
      { name: 'Насос', isHidden: false },
      { name: 'Инструкция', isHidden: false },
      { name: 'Списки', isHidden: true },
    ]);
    const lists: string[] = [];
    for await (const part of file.readSheet('Списки'))
      if ('row' in part) lists.push(part.row.cells.map((cell) => (cell?.kind === 'text' ? cell.text : '')).join('|'));
    await file.close();
    expect(lists).toEqual(['Центробежный|да|В эксплуатации', 'Погружной|нет|Списан']);
  });
});
