import { type SheetRow, tidyText } from './cell.ts';
import { type DateOrder, tellOrder } from './read-moment.ts';
import { type CommaHabit, tellComma } from './read-number.ts';

/** How the texts of a column are written, as all of them together tell. */
export interface ColumnHabit {
  dateOrder?: Exclude<DateOrder, undefined>;
  comma?: Exclude<CommaHabit, undefined>;
}

const longest = 40;

/** Watches rows go by; `habits` gives what was learnt of each column. */
export function watchHabits(): { see(row: SheetRow): void; habits(): ReadonlyMap<number, ColumnHabit> } {
  const seen = new Map<number, ColumnHabit>();
  return {
    see({ cells }) {
      for (const [column, cell] of cells.entries()) {
        if (cell?.kind !== 'text' || cell.text.length > longest || !/\d[.,/-]\d/.test(cell.text)) continue;
        const text = tidyText(cell.text);
        const dateOrder = tellOrder(text);
        const comma = tellComma(text);
        if (!dateOrder && !comma) continue;
        const habit = seen.get(column) ?? {};
        if (dateOrder) habit.dateOrder = habit.dateOrder === undefined || habit.dateOrder === dateOrder ? dateOrder : 'mixed';
        if (comma) habit.comma = habit.comma === undefined || habit.comma === comma ? comma : 'mixed';
        seen.set(column, habit);
      }
    },
    habits: () => seen,
  };
}
