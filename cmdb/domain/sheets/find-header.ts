import { isFilled, type MergedRange, type SheetRow, toLetter, toText } from './cell.ts';
import type { SheetColumn } from './guess-mapping.ts';

/** Rows from 1; a header of several rows has groups above its columns. */
export interface HeaderRows {
  first: number;
  last: number;
}

const mostHeaderRows = 4;

/**
 * The rows that name the columns: the first row that is mostly words and at least half as wide as the widest, with the groups above or below it that merged cells
 * show. Undefined when no row is like that.
 */
export function findHeader(rows: readonly SheetRow[], merged: readonly MergedRange[]): HeaderRows | undefined {
  const widest = Math.max(0, ...rows.map(countFilled));
  const found = rows.find((row) => {
    const filled = countFilled(row);
    return filled > 0 && filled >= Math.min(widest, Math.max(2, widest / 2)) && countWords(row) >= filled * 0.7;
  });
  return found && spanHeader(found.number, rows, merged);
}

/** All rows of the header that has this one. */
export function spanHeader(row: number, rows: readonly SheetRow[], merged: readonly MergedRange[]): HeaderRows {
  const byNumber = new Map(rows.map((one) => [one.number, one]));
  const columnsOf = (number: number) => byNumber.get(number)?.cells.flatMap((cell, column) => (isFilled(cell) ? column : [])) ?? [];
  const width = Math.max(...columnsOf(row), 0) + 1;
  const isGroup = ({ top, left, right }: MergedRange, at: number) => top === at && right > left && right - left + 1 < width;

  let first = row;
  while (first > 1 && row - first < mostHeaderRows && merged.some((range) => isGroup(range, first - 1))) first -= 1;
  let last = Math.max(row, ...merged.filter(({ top }) => top >= first && top <= row).map(({ bottom }) => Math.min(bottom, row + mostHeaderRows)));
  const below = byNumber.get(last + 1);
  const groups = merged.filter((range) => isGroup(range, last));
  const isUnderGroups = (column: number) => groups.some(({ left, right }) => column >= left && column <= right);
  if (below && groups.length > 0 && countWords(below) === countFilled(below) && columnsOf(last + 1).every(isUnderGroups)) last += 1;
  return { first, last };
}

/** The columns that hold something in these rows, with what the header calls them: group and name, divided by a slash. */
export function listColumns(rows: readonly SheetRow[], header: HeaderRows, merged: readonly MergedRange[]): SheetColumn[] {
  const used = new Set(
    rows.filter(({ number }) => number >= header.first).flatMap(({ cells }) => cells.flatMap((cell, column) => (isFilled(cell) ? column : []))),
  );
  const inHeader = rows.filter(({ number }) => number >= header.first && number <= header.last);
  const ranges = merged.filter(({ top, bottom }) => top <= header.last && bottom >= header.first);
  for (const { left, right } of ranges) for (let column = left; column <= Math.min(right, left + 500); column += 1) used.add(column);

  const textAt = ({ number, cells }: SheetRow, column: number) => {
    const range = ranges.find(({ top, bottom, left, right }) => number >= top && number <= bottom && column >= left && column <= right);
    if (!range) return toText(cells[column]);
    return toText(inHeader.find((row) => row.number === range.top)?.cells[range.left]);
  };
  return [...used]
    .sort((one, other) => one - other)
    .map((column) => {
      const texts = new Set(inHeader.map((row) => textAt(row, column)).filter((text) => text !== ''));
      return { column, letter: toLetter(column), header: [...texts].join(' / ') };
    });
}

function countFilled({ cells }: SheetRow): number {
  return cells.filter(isFilled).length;
}

function countWords({ cells }: SheetRow): number {
  return cells.filter((cell) => cell?.kind === 'text' && /\p{L}|№|#/u.test(cell.text) && cell.text.length <= 200).length;
}
