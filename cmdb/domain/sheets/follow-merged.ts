import type { MergedRange } from './cell.ts';

/** Gives, for rows asked in their order, the ranges that cover cells of the row. */
export function followMerged(merged: readonly MergedRange[]): (row: number) => readonly MergedRange[] {
  const byTop = [...merged].sort((one, other) => one.top - other.top);
  let next = 0;
  let current: MergedRange[] = [];
  return (row) => {
    if (current.length > 0) current = current.filter(({ bottom }) => bottom >= row);
    for (let range = byTop[next]; range && range.top <= row; range = byTop[next]) {
      next += 1;
      if (range.bottom >= row) current.push(range);
    }
    return current;
  };
}
