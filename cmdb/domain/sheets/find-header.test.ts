import type { Cell, MergedRange, SheetRow } from './cell.ts';
import { findHeader, listColumns } from './find-header.ts';
import { beginSurvey } from './survey-sheet.ts';

const text = (value: string): Cell | undefined => (value === '' ? undefined : { kind: 'text', text: value });
const row = (number: number, ...cells: (string | number)[]): SheetRow => ({
  number,
  cells: cells.map((cell) => (typeof cell === 'number' ? { kind: 'number', number: cell, text: String(cell) } : text(cell))),
});
const range = (top: number, left: number, bottom: number, right: number): MergedRange => ({ top, left, bottom, right });

describe('the header of a sheet', () => {
  it('is the first row of words that is as wide as the list', () => {
    const rows = [
      row(1, 'Реестр оборудования'),
      row(2, 'Организация:', 'Водоканал'),
      row(4, 'Имя', 'Номер', 'Дата', 'Цена', 'Место'),
      row(5, 'Насос', '12', 45657, 10, 'A'),
    ];
    expect(findHeader(rows, [range(1, 0, 1, 4)])).toEqual({ first: 4, last: 4 });
  });

  it('is none where no row is made of words', () => {
    expect(findHeader([row(1, 1, 2, 3), row(2, 4, 5, 6)], [])).toBeUndefined();
    expect(findHeader([], [])).toBeUndefined();
  });

  it('may be one column wide', () => {
    expect(findHeader([row(1, 'Имя'), row(2, 'Насос 1')], [])).toEqual({ first: 1, last: 1 });
  });

  it('has several rows where cells are merged, and its columns have the names of their groups', () => {
    const rows = [row(1, 'Имя', 'Характеристики', '', 'Место'), row(2, '', 'Мощность', 'Подача', ''), row(3, 'Насос', 5, 6, 'A')];
    const merged = [range(1, 1, 1, 2), range(1, 0, 2, 0), range(1, 3, 2, 3)];
    const header = findHeader(rows, merged);
    expect(header).toEqual({ first: 1, last: 2 });
    expect(header && listColumns(rows, header, merged).map((column) => column.header)).toEqual([
      'Имя',
      'Характеристики / Мощность',
      'Характеристики / Подача',
      'Место',
    ]);
  });

  it('takes in the groups above it, but not a title over all of it', () => {
    const rows = [
      row(1, 'Реестр'),
      row(2, 'Насос', '', '', 'Двигатель', '', ''),
      row(3, 'Имя', 'Номер', 'Тип', 'Имя', 'Номер', 'Тип'),
      row(4, 'a', 1, 2, 'b', 3, 4),
    ];
    const merged = [range(1, 0, 1, 5), range(2, 0, 2, 2), range(2, 3, 2, 5)];
    expect(findHeader(rows, merged)).toEqual({ first: 2, last: 3 });
  });
});

describe('the survey of a sheet', () => {
  it('tells what is odd about it, with its place', () => {
    const survey = beginSurvey('Лист1');
    survey.see({ row: row(1, 'Имя', 'Имя', '') });
    survey.see({ row: { ...row(2, 'Насос', '5', 7), isHidden: true } });
    survey.see({ row: row(5, 'Насос', '5', 7) });
    survey.see({ merged: range(2, 0, 5, 0) });
    const { rows, notices } = survey.finish();
    expect(rows).toBe(2);
    expect(notices.map(({ code, place }) => [code, place.row, place.column])).toEqual([
      ['same_header', 1, 'B'],
      ['column_without_header', 1, 'C'],
      ['merged_cells', 2, 'A'],
      ['hidden_rows', undefined, undefined],
      ['blank_rows', undefined, undefined],
    ]);
    expect(notices[2]?.what.ru).toMatch(/A2:A5/);
  });

  it('takes the header where a person says it is, within the rows that it keeps', () => {
    const survey = beginSurvey('Лист1');
    for (let number = 1; number <= 100; number += 1) survey.see({ row: row(number, `a${number}`, 'b') });
    expect(survey.finish({ headerRow: 3 })).toMatchObject({ header: { first: 3, last: 3 }, rows: 97 });
    expect(survey.finish({ headerRow: 90 })).toMatchObject({ columns: [], notices: [{ code: 'no_header' }] });
    expect(survey.finish({ headerRow: 90 }).header).toBeUndefined();
  });

  it('learns how dates and numbers of a column are written from all of its rows', () => {
    const survey = beginSurvey('Лист1');
    survey.see({ row: row(1, 'Имя', 'Дата', 'Дата', 'Число') });
    for (let number = 2; number < 500; number += 1) survey.see({ row: row(number, 'a', '01/02/2025', '01/02/2025', '1,234') });
    survey.see({ row: row(500, 'a', '12/31/2025', '31/12/2025', '1,234.5') });
    survey.see({ row: row(501, 'a', '01/02/2025', '12/31/2025', '1,5') });
    expect([...survey.finish().habits]).toEqual([
      [1, { dateOrder: 'month' }],
      [2, { dateOrder: 'mixed' }],
      [3, { comma: 'mixed' }],
    ]);
  });
});
