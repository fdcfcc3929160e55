import { parseCsv } from './parse-csv.ts';

export const separators = [';', ',', '\t', '|'] as const;
export type Separator = (typeof separators)[number];

const rowsToCompare = 50;

/** The separator that cuts the first rows into the most columns of the same number. A first line `sep=;` says it. */
export function guessSeparator(text: string): { separator: Separator; isSaid: boolean } {
  const said = /^sep=(.)\r?\n/.exec(text)?.[1];
  const known = separators.find((separator) => separator === said);
  if (known !== undefined) return { separator: known, isSaid: true };
  let best: { separator: Separator; score: number } = { separator: ';', score: 0 };
  for (const separator of separators) {
    const score = scoreRows(cutRows(text, separator));
    if (score > best.score) best = { separator, score };
  }
  return { separator: best.separator, isSaid: false };
}

/** The last row may be cut through by the end of what is looked at. */
function cutRows(text: string, separator: Separator): string[][] {
  const rows: string[][] = [];
  const parser = parseCsv(separator, { give: (cells) => rows.push(cells), mostCharacters: Number.POSITIVE_INFINITY, refuse: () => undefined });
  parser.write(text);
  if (rows.length === 0) parser.end();
  return rows.filter((cells) => cells.some((cell) => cell !== '')).slice(0, rowsToCompare);
}

/** Columns that most rows agree on, times how many of the rows do. */
function scoreRows(rows: readonly string[][]): number {
  const byWidth = new Map<number, number>();
  for (const { length } of rows) byWidth.set(length, (byWidth.get(length) ?? 0) + 1);
  const scores = [...byWidth].map(([width, count]) => (width - 1) * (count / rows.length) ** 2);
  return Math.max(0, ...scores);
}
