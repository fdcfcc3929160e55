import type { Readable } from 'node:stream';
import type { Label } from '../domain/model/model.ts';
import type { Cell } from '../domain/sheets/cell.ts';
import type { SheetClass } from '../domain/sheets/sheet-class.ts';
import { listTemplateColumns, type TemplateColumn } from '../domain/sheets/template-columns.ts';
import { writeWorkbook } from './xlsx/write-workbook.ts';
import { type WrittenColumn, type WrittenSheet, writtenStyles } from './xlsx/write-worksheet.ts';

const words = {
  ru: {
    help: 'Инструкция',
    choices: 'Списки',
    column: 'Столбец',
    what: 'Что в нём',
    steps: [
      'Одна строка — одна единица. Строку с заголовками не меняйте; столбцы можно переставлять и удалять, кроме обязательных.',
      'Обязательные столбцы отмечены звёздочкой и цветом. Подсказка появляется, если навести мышь на заголовок.',
      'Пустая ячейка ничего не меняет: у единицы, которая уже есть, остаётся прежнее значение.',
      'Длинные номера (IMEI, ИНН) и номера с нулями впереди вводите как текст: у таких столбцов уже задан текстовый формат.',
      'Перед загрузкой будет показано, что сделает каждая строка; загрузку можно отменить.',
    ],
  },
  en: {
    help: 'Instructions',
    choices: 'Lists',
    column: 'Column',
    what: 'What is in it',
    steps: [
      'One row is one item. Leave the row of headers as it is; columns may be moved, and taken away unless they are required.',
      'Required columns have a star and a colour. A note appears when the mouse is over a header.',
      'An empty cell changes nothing: an item that exists keeps its value.',
      'Enter long numbers (IMEI, tax numbers) and numbers with leading zeros as text: their columns are formatted as text already.',
      'Before anything is applied you see what each row would do, and what was applied can be undone.',
    ],
  },
} as const;

/** An empty workbook for items of a class: the sheet to fill, instructions, and the hidden lists that its drop-downs offer. */
export function writeTemplate(itemClass: SheetClass, language: keyof Label): Readable {
  const columns = listTemplateColumns(itemClass, language);
  const lists = columns.filter(({ choices }) => choices !== undefined && choices.length > 0);
  const { help, choices } = words[language];
  const sheets: WrittenSheet[] = [
    { name: itemClass.label[language], columns: columns.map((column) => describeColumn(column, lists, choices)), rows: () => [] },
    {
      name: help,
      hasHeader: false,
      textStyle: writtenStyles.wrapped,
      columns: [
        { header: '', width: 36 },
        { header: '', width: 110 },
      ],
      rows: () => instruct(itemClass, columns, language),
    },
  ];
  if (lists.length > 0) {
    sheets.push({
      name: choices,
      isHidden: true,
      hasHeader: false,
      columns: lists.map(({ header }) => ({ header, width: 30 })),
      rows: () => listChoices(lists),
    });
  }
  return writeWorkbook(sheets);
}

function describeColumn(column: TemplateColumn, lists: readonly TemplateColumn[], sheet: string): WrittenColumn {
  const { header, isRequired, help, kind, choices } = column;
  const isNumber = ['integer', 'decimal'].includes(kind.type) && !kind.list;
  const style = isNumber
    ? writtenStyles.plain
    : kind.list
      ? writtenStyles.text
      : ({ date: writtenStyles.date, time: writtenStyles.time } as Record<string, 3 | 4>)[kind.type];
  return {
    header,
    width: Math.min(40, Math.max(14, header.length + 3)),
    style: style ?? writtenStyles.text,
    isRequired,
    ...(help !== '' && { note: help }),
    ...(choices && choices.length > 0 && { choices: { sheet, column: lists.indexOf(column), count: choices.length } }),
  };
}

function instruct(itemClass: SheetClass, columns: readonly TemplateColumn[], language: keyof Label): (Cell | undefined)[][] {
  const { column, what, steps } = words[language];
  const line = (...texts: string[]): (Cell | undefined)[] => texts.map((text) => (text === '' ? undefined : { kind: 'text', text }));
  return [
    line(itemClass.label[language]),
    ...steps.map((step, index) => line(`${index + 1}.`, step)),
    line(''),
    line(column, what),
    ...columns.map(({ header, help }) => line(header, help)),
  ];
}

function* listChoices(lists: readonly TemplateColumn[]): Generator<(Cell | undefined)[]> {
  const longest = Math.max(...lists.map(({ choices = [] }) => choices.length));
  for (let index = 0; index < longest; index += 1) {
    yield lists.map(({ choices = [] }): Cell | undefined => {
      const text = choices[index];
      return text === undefined ? undefined : { kind: 'text', text };
    });
  }
}
