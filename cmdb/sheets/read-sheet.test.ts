import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pumpClass } from '../domain/sheets/fixtures/pump-class.ts';
import { guessMapping } from '../domain/sheets/guess-mapping.ts';
import { settleGuess } from '../domain/sheets/mapping.ts';
import type { RowFate } from '../domain/sheets/read-row.ts';
import { openSheetFile } from './open-sheet-file.ts';
import { planReading, readFates, surveySheet } from './read-sheet.ts';

/** A file of `fixtures`, read as a list of pumps by guess alone. */
async function readFixture(name: string) {
  const file = await openSheetFile(createReadStream(join('cmdb/sheets/fixtures', name)), { fileName: name });
  try {
    const survey = await surveySheet(file);
    const guesses = guessMapping(survey.columns, pumpClass);
    const plan = planReading(file, survey, { class: pumpClass, mapping: settleGuess(guesses), zone: 'Europe/Moscow', isWhole: true });
    const fates: RowFate[] = [];
    for await (const fate of readFates(file, survey, plan)) fates.push(fate);
    return { file, survey, guesses, fates };
  } finally {
    await file.close();
  }
}

/** Row, fate, and the codes of what is told of it with their columns. */
function summarise(fate: RowFate): string {
  const why = fate.fate === 'refused' ? fate.faults : fate.fate === 'record' ? [] : [fate.why];
  const told = [...why, ...fate.notices].map(({ code, place }) => `${code}${place.column ? `@${place.column}` : ''}`);
  return [`${fate.row} ${fate.fate}`, ...told].join(' ');
}
const attributesOf = (fates: readonly RowFate[], row: number) => {
  const fate = fates.find((one) => one.row === row);
  return fate?.fate === 'record' ? fate.record.attributes : undefined;
};

describe('a register as people keep it', () => {
  it('is found on its sheet, under its header of two rows', async () => {
    const { file, survey, guesses } = await readFixture('register.xlsx');
    expect(file.sheets).toEqual([
      { name: 'Справочник', isHidden: true },
      { name: 'Титул', isHidden: false },
      { name: 'Насосы', isHidden: false },
    ]);
    expect(survey).toMatchObject({ sheet: 'Насосы', header: { first: 3, last: 4 }, rows: 15 });
    expect(survey.notices.map(({ code }) => code)).toEqual(['merged_cells']);
    expect(guesses.filter(({ target }) => !target).map(({ header }) => header)).toEqual(['№ п/п']);
  });

  it('has every row explained', async () => {
    const { fates } = await readFixture('register.xlsx');
    expect(fates.map(summarise)).toEqual([
      '5 skipped column_numbers',
      '6 skipped title',
      '7 record',
      '8 refused formula_without_value@L',
      '9 record merged@H',
      '10 record',
      '11 record',
      '12 skipped title',
      '13 repeated repeated@D',
      '14 record',
      '15 refused wrong_class@J',
      '16 refused no_number@E too_small@F no_such_day@G no_yes_or_no@I',
      '17 refused required@C',
      '18 repeated repeated@B',
      '19 skipped total',
    ]);
    expect(fates[8]).toMatchObject({ of: 7, isSame: true });
    expect(fates[13]).toMatchObject({ of: 9, isSame: false });
  });

  it('gives the values that people meant', async () => {
    const { fates } = await readFixture('register.xlsx');
    expect(attributesOf(fates, 7)).toEqual({
      inventoryNumber: '00001234',
      site: 'Станция 1',
      serialNumber: 'СН-001',
      power: 15,
      flow: 50.5,
      commissionedOn: '2019-06-30',
      inWork: true,
      imei: '356938035643809',
    });
    expect([9, 10, 11].map((row) => attributesOf(fates, row)?.['commissionedOn'])).toEqual(['2025-12-31', '2025-12-31', '2025-03-04']);
    expect(attributesOf(fates, 9)?.['power']).toBe(7.5);
  });
});

describe('a workbook of another program', () => {
  it('is read with its formats, formulas and rich texts, and without its charts', async () => {
    const { file, survey, fates } = await readFixture('meters.xlsx');
    expect(file.sheets).toEqual([{ name: 'Счётчики', isHidden: false }]);
    expect(survey.notices.map(({ code }) => code)).toEqual(['hidden_rows']);
    expect(fates[0]).toMatchObject({
      fate: 'record',
      record: {
        name: 'Счётчик СГВ-15',
        attributes: { serialNumber: '00004711', installedAt: '2024-02-29T07:30:00.000Z', verifiedUntil: '2030-01-01', reading: 123.5, hours: 1.5 },
      },
      notices: [{ code: 'formula', place: { column: 'E' } }],
    });
    expect(fates.map(summarise)[1]).toBe('3 refused digits_lost@A ambiguous_date@D ambiguous_number@E number_for_date@C');
  });

  it('may count its dates from 1904', async () => {
    const file = await openSheetFile(createReadStream('cmdb/sheets/fixtures/from-1904.xlsx'), { fileName: 'x' });
    const { sample } = await surveySheet(file);
    await file.close();
    expect(sample[0]?.cells[1]).toEqual({ kind: 'moment', moment: '2025-12-31' });
  });
});

describe('a text file of accounting', () => {
  it('is read by its own encoding and separator, and every row is explained', async () => {
    const { file, survey, fates } = await readFixture('accounting.csv');
    expect(file).toMatchObject({ format: 'csv', sheets: [{ name: 'accounting' }], notices: [{ code: 'encoding_guessed' }] });
    expect(survey.notices.map(({ code }) => code)).toEqual(['column_without_header', 'blank_rows']);
    expect(fates.map(summarise)).toEqual(['2 record', '3 record', '5 refused outside_header@F']);
    expect(fates[0]).toMatchObject({
      record: {
        name: 'Труба 2" стальная',
        attributes: { inventoryNumber: '000123', power: 1234.5, commissionedOn: '2025-12-31', note: 'в две\nстроки; с разделителем' },
      },
    });
  });
});
