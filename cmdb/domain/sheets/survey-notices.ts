import { type MergedRange, toLetter } from './cell.ts';
import type { HeaderRows } from './find-header.ts';
import type { SheetColumn } from './guess-mapping.ts';
import type { Remark } from './remark.ts';

const mostRanges = 20;

export function tellNoHeader(sheet: string, wanted: number | undefined, lastSeen: number | undefined): Remark {
  const place = { sheet, ...(wanted !== undefined && { row: wanted }) };
  if (lastSeen === undefined) {
    return {
      code: 'empty_sheet',
      place,
      what: { ru: 'на листе ничего нет.', en: 'the sheet is empty.' },
      wayOut: { ru: 'Выберите другой лист.', en: 'Choose another sheet.' },
    };
  }
  return {
    code: 'no_header',
    place,
    what: { ru: 'не видно строки с заголовками столбцов.', en: 'no row looks like the headers of the columns.' },
    wayOut: {
      ru: `Укажите номер строки с заголовками (не ниже строки ${lastSeen}) или добавьте её.`,
      en: `Say which row has the headers (not below row ${lastSeen}), or add one.`,
    },
  };
}

export function tellColumns(sheet: string, { first }: HeaderRows, columns: readonly SheetColumn[]): Remark[] {
  return columns.flatMap(({ letter, header }, index): Remark[] => {
    const place = { sheet, row: first, column: letter, ...(header !== '' && { header }) };
    const twin = header === '' ? undefined : columns.slice(0, index).find((other) => other.header === header);
    if (header !== '' && !twin) return [];
    if (twin) {
      return [
        {
          code: 'same_header',
          place,
          what: { ru: `такой же заголовок у столбца ${twin.letter}.`, en: `column ${twin.letter} has the same header.` },
          wayOut: { ru: 'Проверьте, какой из них нужен.', en: 'See which of them is wanted.' },
        },
      ];
    }
    return [
      {
        code: 'column_without_header',
        place,
        what: { ru: 'у столбца нет заголовка, и он не читается.', en: 'the column has no header and is not read.' },
        wayOut: { ru: 'Дайте ему заголовок, если он нужен.', en: 'Give it a header if it is wanted.' },
      },
    ];
  });
}

export function tellMerged(sheet: string, merged: readonly MergedRange[]): Remark[] {
  const inOrder = [...merged].sort((one, other) => one.top - other.top || one.left - other.left);
  const names = inOrder.slice(0, mostRanges).map(({ top, left, bottom, right }) => `${toLetter(left)}${top}:${toLetter(right)}${bottom}`);
  const [range] = inOrder;
  if (!range) return [];
  const more =
    merged.length > mostRanges ? { ru: ` и ещё ${merged.length - mostRanges}`, en: ` and ${merged.length - mostRanges} more` } : { ru: '', en: '' };
  return [
    {
      code: 'merged_cells',
      place: { sheet, row: range.top, column: toLetter(range.left) },
      what: {
        ru: `есть объединённые ячейки: ${names.join(', ')}${more.ru}. Значение относится к первой ячейке каждой, остальные пусты.`,
        en: `there are merged cells: ${names.join(', ')}${more.en}. The value belongs to the first cell of each, the others are empty.`,
      },
      wayOut: {
        ru: 'Если значение нужно во всех строках, разъедините ячейки и заполните каждую.',
        en: 'If each row is to have the value, unmerge the cells and fill each of them.',
      },
    },
  ];
}

export function tellHidden(sheet: string, rows: number): Remark[] {
  if (rows === 0) return [];
  return [
    {
      code: 'hidden_rows',
      place: { sheet },
      what: { ru: `скрытых строк: ${rows}; они читаются, как все.`, en: `there are ${rows} hidden rows; they are read like any other.` },
      wayOut: { ru: 'Удалите их, если они не нужны.', en: 'Delete them if they are not wanted.' },
    },
  ];
}

export function tellBlank(sheet: string, rows: number): Remark[] {
  if (rows <= 0) return [];
  return [
    {
      code: 'blank_rows',
      place: { sheet },
      what: { ru: `пустых строк: ${rows}; они пропущены.`, en: `there are ${rows} blank rows; they are passed over.` },
    },
  ];
}
