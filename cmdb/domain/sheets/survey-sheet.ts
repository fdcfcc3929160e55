import { isFilled, type MergedRange, type SheetPart, type SheetRow, toLetter } from './cell.ts';
import { type ColumnHabit, watchHabits } from './column-habit.ts';
import { findHeader, type HeaderRows, listColumns, spanHeader } from './find-header.ts';
import type { SheetColumn } from './guess-mapping.ts';
import type { Remark } from './remark.ts';
import { tellBlank, tellColumns, tellHidden, tellMerged, tellNoHeader } from './survey-notices.ts';

/** What one reading of a whole sheet tells; rows are then read with it. */
export interface SheetSurvey {
  sheet: string;
  /** Undefined when no row looks like one: a person must say. */
  header?: HeaderRows;
  columns: readonly SheetColumn[];
  habits: ReadonlyMap<number, ColumnHabit>;
  merged: readonly MergedRange[];
  /** Rows below the header that hold something. */
  rows: number;
  /** The first few of them, for a person to look at. */
  sample: readonly SheetRow[];
  notices: readonly Remark[];
}

export interface SurveyOptions {
  /** When a person has said which row names the columns. */
  headerRow?: number;
}

const rowsToKnow = 60;
const rowsToShow = 10;

/** Watches the parts of a sheet go by, keeping the first rows only; `finish` gives what was learnt. */
export function beginSurvey(sheet: string): { see(part: SheetPart): void; finish(options?: SurveyOptions): SheetSurvey } {
  const first: SheetRow[] = [];
  const merged: MergedRange[] = [];
  const habits = watchHabits();
  const usedBelow = new Set<number>();
  const numbers = { below: 0, first: 0, last: 0, hidden: 0 };

  const see = (part: SheetPart) => {
    if ('merged' in part) return void merged.push(part.merged);
    const { row } = part;
    const filled = row.cells.flatMap((cell, column) => (isFilled(cell) ? column : []));
    if (filled.length === 0) return;
    habits.see(row);
    if (row.isHidden) numbers.hidden += 1;
    numbers.last = row.number;
    if (first.length < rowsToKnow) return void first.push(row);
    numbers.below += 1;
    for (const column of filled) usedBelow.add(column);
  };

  const finish = ({ headerRow }: SurveyOptions = {}): SheetSurvey => {
    const shared = { sheet, habits: habits.habits(), merged };
    const header = chooseHeader(headerRow);
    if (!header) {
      const notices = [tellNoHeader(sheet, headerRow, first.at(-1)?.number)];
      return { ...shared, columns: [], rows: numbers.below + first.length, sample: first.slice(0, rowsToShow), notices };
    }
    const below = first.filter(({ number }) => number > header.last);
    const known = listColumns(first, header, merged);
    const columns = [...known, ...nameOthers(usedBelow, known)].sort((one, other) => one.column - other.column);
    const rows = numbers.below + below.length;
    const notices = [
      ...tellColumns(sheet, header, columns),
      ...tellMerged(
        sheet,
        merged.filter(({ bottom }) => bottom > header.last),
      ),
      ...tellHidden(sheet, numbers.hidden),
      ...tellBlank(sheet, numbers.last - header.last - rows),
    ];
    return { ...shared, header, columns, rows, sample: below.slice(0, rowsToShow), notices };
  };
  return { see, finish };

  function chooseHeader(headerRow: number | undefined): HeaderRows | undefined {
    if (headerRow === undefined) return findHeader(first, merged);
    return first.some(({ number }) => number === headerRow) ? spanHeader(headerRow, first, merged) : undefined;
  }
}

/** Columns that only rows further down use have no header. */
function nameOthers(used: ReadonlySet<number>, known: readonly SheetColumn[]): SheetColumn[] {
  const named = new Set(known.map(({ column }) => column));
  return [...used].filter((column) => !named.has(column)).map((column) => ({ column, letter: toLetter(column), header: '' }));
}
