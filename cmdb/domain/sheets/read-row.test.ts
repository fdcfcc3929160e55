import { type Cell, type SheetRow, toLetter } from './cell.ts';
import { findRepeats } from './find-repeats.ts';
import { pumpClass } from './fixtures/pump-class.ts';
import { guessMapping } from './guess-mapping.ts';
import { settleGuess } from './mapping.ts';
import { placeViolations, type ReadingPlan, readRow } from './read-row.ts';
import { describeRemark } from './remark.ts';

const number = (value: number, shownDigits?: number): Cell => ({
  kind: 'number',
  number: value,
  text: String(value),
  ...(shownDigits !== undefined && { shownDigits }),
});
const moment = (value: string): Cell => ({ kind: 'moment', moment: value });
const row = (at: number, ...cells: (string | Cell | undefined)[]): SheetRow => ({
  number: at,
  cells: cells.map((cell) => (typeof cell === 'string' ? { kind: 'text', text: cell } : cell)),
});
function planOf(headers: string[], more: Partial<ReadingPlan> = {}): ReadingPlan {
  const columns = headers.map((header, column) => ({ column, letter: toLetter(column), header }));
  const mapping = settleGuess(guessMapping(columns, pumpClass));
  return {
    sheet: 'Насосы',
    class: pumpClass,
    columns,
    mapping,
    habits: new Map(),
    headerEnd: 1,
    zone: 'Europe/Moscow',
    isWhole: true,
    isNarrow: false,
    ...more,
  };
}
/** What one cell under one header becomes: the value, or the codes of what is wrong. */
function readCell(header: string, cell: string | Cell, more: Partial<ReadingPlan> = {}): unknown {
  const fate = readRow(row(2, 'Насос', cell), planOf(['Наименование', header], more));
  if (fate?.fate === 'refused') return fate.faults.map(({ code }) => code);
  return fate?.fate === 'record' ? Object.values(fate.record.attributes)[0] : fate?.fate;
}

describe('a cell', () => {
  it.each<[string, string | Cell, unknown]>([
    ['Серийный номер', '\u00a0 СН-001\u200b ', 'СН-001'],
    ['IMEI', '356938035643809', '356938035643809'],
    ['IMEI', number(356938035643809), '356938035643809'],
    ['ИНН поставщика', '0012345678', '0012345678'],
    ['ИНН поставщика', number(12345678, 10), '0012345678'],
    ['Серийный номер', number(1.5), '1.5'],
    ['Серийный номер', number(0.1 + 0.2), '0.3'],
    ['Серийный номер', "'=1", '=1'],
    ['Мощность, кВт', '1 234,50', 1234.5],
    ['Мощность, кВт', number(0.1 + 0.2), 0.3],
    ['Число ступеней', number(8), 8],
    ['Число ступеней', '8,0', 8],
    ['Тип насоса', 'ПОГРУЖНОЙ', 'submersible'],
    ['Тип насоса', 'centrifugal', 'centrifugal'],
    ['Дата ввода', '31.12.2025', '2025-12-31'],
    ['Дата ввода', moment('2025-12-31T10:30:00'), '2025-12-31'],
    ['Дата ввода', number(45657), '2024-12-31'],
    ['Установлен', moment('2025-12-31T10:30:00'), '2025-12-31T07:30:00.000Z'],
    ['Установлен', '2025-12-31 10:30Z', '2025-12-31T10:30:00.000Z'],
    ['В работе', 'Да', true],
    ['В работе', '-', false],
    ['В работе', number(1), true],
    ['В работе', { kind: 'boolean', value: false }, false],
    ['Метки', 'a; b\nc;a', ['a', 'b', 'c']],
    ['Метки', 'насос, 10,5 кВт', ['насос', '10,5 кВт']],
    ['Адрес контроллера', '10.0.0.5', '10.0.0.5'],
    ['Адрес контроллера', 'fe80::1', 'fe80::1'],
  ])('is read under "%s": %j', (header, cell, value) => {
    expect(readCell(header, cell)).toEqual(value);
  });

  it.each<[string, string | Cell, string]>([
    ['Серийный номер', number(1e20), 'digits_lost'],
    ['Серийный номер', 'x'.repeat(31), 'too_long'],
    ['IMEI', '35693803564380', 'other_pattern'],
    ['Мощность, кВт', 'много', 'no_number'],
    ['Мощность, кВт', '-1', 'too_small'],
    ['Мощность, кВт', number(5001), 'too_big'],
    ['Мощность, кВт', moment('2025-12-31'), 'date_for_number'],
    ['Мощность, кВт', '1,234', 'ambiguous_number'],
    ['Число ступеней', '8,5', 'not_whole'],
    ['Тип насоса', 'Вихревой', 'no_choice'],
    ['Дата ввода', '31.02.2025', 'no_such_day'],
    ['Дата ввода', '01/02/2025', 'ambiguous_date'],
    ['Дата ввода', number(2019), 'no_date'],
    ['Дата ввода', moment('T10:30:00'), 'time_for_date'],
    ['В работе', 'может быть', 'no_yes_or_no'],
    ['Адрес контроллера', '10.0.0.256', 'no_ip'],
    ['Паспорт', 'ftp://x', 'no_link'],
    ['Мощность, кВт', { kind: 'error', text: '#N/A' }, 'error_cell'],
    ['Мощность, кВт', { kind: 'unvalued', formula: 'A1*2', isFormula: true }, 'formula_without_value'],
  ])('is refused under "%s": %j, as %s', (header, cell, code) => {
    expect(readCell(header, cell)).toEqual([code]);
  });

  it('is decided by its column where it may be read in two ways', () => {
    expect(readCell('Дата ввода', '01/02/2025', { habits: new Map([[1, { dateOrder: 'month' as const }]]) })).toBe('2025-01-02');
    expect(readCell('Мощность, кВт', '1,234', { habits: new Map([[1, { comma: 'thousands' as const }]]) })).toBe(1234);
  });

  it('that holds a formula gives its saved result, and it is told', () => {
    const fate = readRow(row(2, 'Насос', { ...number(5), isFormula: true }), planOf(['Имя', 'Мощность']));
    expect(fate).toMatchObject({ fate: 'record', record: { attributes: { power: 5 } }, notices: [{ code: 'formula', place: { column: 'B' } }] });
  });

  it('that says "no data" is empty, and it is told; one that a spreadsheet made a date of is told too', () => {
    const fate = readRow(row(2, 'Насос', 'н/д', moment('2025-12-10')), planOf(['Имя', 'Мощность', 'Серийный номер']));
    expect(fate).toMatchObject({ fate: 'record', record: { attributes: { serialNumber: '2025-12-10' } } });
    expect(fate?.notices.map(({ code }) => code)).toEqual(['says_nothing', 'became_date']);
  });
});

describe('a row', () => {
  const headers = ['Наименование', 'Инв. №', 'Мощность, кВт', 'Площадка', 'Состояние', 'Класс'];

  it('becomes a record of what it says, and leaves out what it does not', () => {
    expect(readRow(row(2, 'Насос 1', '00001', '', 'Станция 1', 'в эксплуатации', 'насос'), planOf(headers))).toEqual({
      row: 2,
      fate: 'record',
      record: { class: 'pump', name: 'Насос 1', attributes: { inventoryNumber: '00001', site: 'Станция 1', lifecycleState: 'active' } },
      notices: [],
    });
  });

  it('is refused with all that is wrong with it, each with its place and the way out, in both languages', () => {
    const fate = readRow(row(7, '', '00001', 'много', '', 'сгорел', 'Сервер'), planOf(headers));
    if (fate?.fate !== 'refused') throw new Error('It was not refused.');
    expect(fate.faults.map(({ code, place }) => [code, place.row, place.column])).toEqual([
      ['wrong_class', 7, 'F'],
      ['required', 7, 'A'],
      ['no_number', 7, 'C'],
      ['no_choice', 7, 'E'],
    ]);
    for (const { what, wayOut } of fate.faults) for (const text of [what.ru, what.en, wayOut?.ru, wayOut?.en]) expect(text).toMatch(/\.$/);
    expect(fate.faults.map((fault) => describeRemark(fault, 'ru'))[2]).toBe(
      'лист «Насосы», строка 7, столбец C «Мощность, кВт»: «много» — не число. Впишите число: 1 234,5 или 1234.5. Единицу измерения, кроме кВт, писать нельзя.',
    );
    expect(fate.faults.map((fault) => describeRemark(fault, 'en'))[2]).toMatch(
      /^sheet «Насосы», row 7, column C «Мощность, кВт»: "много" is no number\./,
    );
  });

  it('needs no name where rows only change items', () => {
    expect(readRow(row(2, '', '00001'), planOf(headers, { isWhole: false }))).toMatchObject({
      fate: 'record',
      record: { attributes: { inventoryNumber: '00001' } },
    });
  });

  it('may be of a class below', () => {
    const drainage = { ...pumpClass, name: 'drainage_pump', label: { ru: 'Дренажный насос', en: 'Drainage pump' } };
    expect(readRow(row(2, 'a', '1', '', '', '', 'Дренажный насос'), planOf(headers, { subclasses: [drainage] }))).toMatchObject({
      record: { class: 'drainage_pump' },
    });
  });

  it.each<[string, SheetRow, string]>([
    ['a total', row(9, 'Итого по станции:', '', number(105)), 'total'],
    ['the headers again', row(9, ...headers), 'headers_again'],
    ['numbers of columns', row(2, number(1), number(2), number(3), number(4)), 'column_numbers'],
  ])('is passed over when it is %s', (_, cells, code) => {
    expect(readRow(cells, planOf(headers))).toMatchObject({ fate: 'skipped', why: { code, place: { sheet: 'Насосы', row: cells.number } } });
  });

  it('is a title of a part only when its cell is merged over most of the list', () => {
    const title = row(9, 'Станция 2');
    expect(readRow(title, planOf(headers), [{ top: 9, left: 0, bottom: 9, right: 5 }])).toMatchObject({ fate: 'skipped', why: { code: 'title' } });
    expect(readRow(title, planOf(headers))).toMatchObject({ fate: 'record' });
    expect(readRow(title, planOf(headers), [{ top: 9, left: 0, bottom: 9, right: 1 }])).toMatchObject({ fate: 'record' });
  });

  it('tells of a cell that is merged with one above', () => {
    const fate = readRow(row(3, 'Насос', '1', '', undefined), planOf(headers), [{ top: 2, left: 3, bottom: 3, right: 3 }]);
    expect(fate?.notices).toMatchObject([{ code: 'merged', place: { row: 3, column: 'D' }, what: { ru: expect.stringContaining('D2') } }]);
  });

  it('is nothing when it is blank, whatever blanks it holds', () => {
    expect(readRow(row(2, ' ', '\u00a0\u200b', undefined), planOf(headers))).toBeUndefined();
  });

  it('of a text file is refused whole when it is wider than the header', () => {
    expect(readRow(row(2, 'a', '1', 'много', '', '', '', 'x'), planOf(headers, { isNarrow: true }))).toMatchObject({
      fate: 'refused',
      faults: [{ code: 'outside_header', place: { column: 'G' } }],
    });
    expect(readRow(row(2, 'a', '1', '', '', '', '', ''), planOf(headers, { isNarrow: true }))).toMatchObject({ fate: 'record' });
  });

  it('shows where it stands what others find wrong with its record', () => {
    const [power, whole] = placeViolations(
      [
        { pointer: '/attributes/power', message: 'is odd' },
        { pointer: '/lookups', message: 'is odd' },
      ],
      5,
      planOf(headers),
    );
    expect(power?.place).toEqual({ sheet: 'Насосы', row: 5, column: 'C', header: 'Мощность, кВт' });
    expect(whole?.place).toEqual({ sheet: 'Насосы', row: 5 });
  });
});

describe('a row with the number of an earlier one', () => {
  const plan = planOf(['Наименование', 'Инв. №', 'S/N']);
  const readAll = (...rows: SheetRow[]) => {
    const mark = findRepeats(plan);
    return rows.map((one) => {
      const fate = readRow(one, plan);
      return fate && mark(fate);
    });
  };

  it('adds nothing when it says the same, and is for a person when it does not', () => {
    const fates = readAll(row(2, 'Насос', '001', 'A'), row(3, 'насос', '002', 'B'), row(4, 'Насос', '001', 'A'), row(5, 'Насос 5', '009', 'b'));
    expect(fates[2]).toMatchObject({ fate: 'repeated', of: 2, isSame: true, why: { place: { row: 4, column: 'C', header: 'S/N' } } });
    expect(fates[3]).toMatchObject({
      fate: 'repeated',
      of: 3,
      isSame: false,
      why: { what: { ru: '«Серийный номер» b уже есть в строке 3, а остальное различается.' } },
    });
  });

  it('is its own when the number is a placeholder, or the earlier row was refused', () => {
    const fates = readAll(row(2, 'a', 'б/н', '000000'), row(3, 'b', 'б/н', '000000'), row(4, '', '001', 'A'), row(5, 'c', '001', 'A'));
    expect(fates.map((fate) => fate?.fate)).toEqual(['record', 'record', 'refused', 'record']);
  });

  it('is found among many, and nothing else is', () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => row(index + 2, `Насос ${index}`, `0${index}`, `SN${index}`));
    const fates = readAll(...rows, row(30_000, 'x', '0777', 'нет такого'));
    expect(fates.filter((fate) => fate?.fate === 'record')).toHaveLength(20_000);
    expect(fates.at(-1)).toMatchObject({ fate: 'repeated', of: 779 });
  });
});
