import { type MergedRange, type SheetRow, toText } from './cell.ts';
import type { SheetColumn } from './guess-mapping.ts';
import type { Finding } from './remark.ts';

export interface RowSurroundings {
  columns: readonly SheetColumn[];
  /** The last row of the header. */
  headerEnd: number;
  /** Those that cover cells of this row. */
  merged: readonly MergedRange[];
}

/** Why a row is no record though it holds something: a total, a title over a part of the list, the headers again, or the columns' numbers. */
export function recogniseRow(row: SheetRow, { columns, headerEnd, merged }: RowSurroundings): Finding | undefined {
  const filled = columns.flatMap(({ column, header }) => {
    const text = toText(row.cells[column]);
    return text === '' ? [] : [{ column, header, text }];
  });
  const [first] = filled;
  if (!first) return undefined;
  if (/^(?:итого|всего|total|subtotal|grand total)(?![\p{L}\p{N}])/iu.test(first.text) && filled.length <= Math.max(1, columns.length / 2))
    return total;
  if (filled.length > 1 && filled.every(({ text, header }) => header !== '' && (header === text || header.endsWith(` / ${text}`))))
    return headersAgain;
  if (row.number === headerEnd + 1 && filled.length > 2 && isCounting(filled.map(({ text }) => text))) return columnNumbers;
  const isTitle =
    filled.length === 1 && merged.some(({ left, right }) => left <= first.column && right >= first.column && right - left + 1 > columns.length / 2);
  return isTitle ? title(first.text) : undefined;
}

function isCounting(texts: readonly string[]): boolean {
  const start = Number(texts[0]);
  return (start === 0 || start === 1) && texts.every((text, index) => Number(text) === start + index);
}

const total: Finding = { code: 'total', what: { ru: 'строка с итогом, это не запись.', en: 'a row of totals, no record.' } };
const headersAgain: Finding = { code: 'headers_again', what: { ru: 'повторяются заголовки столбцов.', en: 'the headers of the columns once more.' } };
const columnNumbers: Finding = { code: 'column_numbers', what: { ru: 'строка с номерами столбцов.', en: 'a row with the numbers of the columns.' } };

function title(text: string): Finding {
  return { code: 'title', what: { ru: `заголовок раздела «${text}», это не запись.`, en: `the title of a part, "${text}", no record.` } };
}
