import type { Readable } from 'node:stream';
import { type Reader, writeValue } from '../domain/sheets/write-value.ts';
import type { ListColumn } from './list-column.ts';
import { writeWorkbook } from './xlsx/write-workbook.ts';
import { type WrittenColumn, type WrittenSheet, writtenStyles } from './xlsx/write-worksheet.ts';

/** A spreadsheet has this many; the header takes one. */
const mostRowsOfSheet = 1_048_575;
const rowsToMeasure = 100;

export interface ExportOptions extends Reader {
  sheetName: string;
  /** Rows of one sheet; more go on to the next. */
  rowsOfSheet?: number;
}

/**
 * A list as .xlsx: a header that stays in sight, filters, columns as wide as their first rows, dates that are dates, text that stays text. The rows are asked
 * for as the stream is read; an error of theirs is the stream's.
 */
export function writeXlsx(
  columns: readonly ListColumn[],
  rows: AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>,
  { sheetName, rowsOfSheet = mostRowsOfSheet, ...reader }: ExportOptions,
): Readable {
  async function* sheets(): AsyncGenerator<WrittenSheet> {
    const source = toAsync(rows);
    try {
      for (let number = 1; ; number += 1) {
        const first: (readonly unknown[])[] = [];
        await takeRows(source, Math.min(rowsToMeasure, rowsOfSheet), (row) => first.push(row));
        if (number > 1 && first.length === 0) return;
        const cellsOf = (row: readonly unknown[]) => columns.map((column, index) => writeValue(row[index], column, reader));
        const written = columns.map((column, index) =>
          describeColumn(
            column,
            first.map((row) => cellsOf(row)[index]),
          ),
        );
        yield {
          name: number === 1 ? sheetName : `${sheetName.slice(0, 25)} (${number})`,
          columns: written,
          hasFilter: true,
          async *rows() {
            for (const row of first) yield cellsOf(row);
            let count = first.length;
            while (count < rowsOfSheet) {
              const next = await source.next();
              if (next.done) return;
              count += 1;
              yield cellsOf(next.value);
            }
          },
        };
      }
    } finally {
      await source.return(undefined);
    }
  }
  return writeWorkbook(sheets());
}

async function takeRows(source: AsyncGenerator<readonly unknown[]>, most: number, take: (row: readonly unknown[]) => void): Promise<void> {
  for (let count = 0; count < most; count += 1) {
    const next = await source.next();
    if (next.done) return;
    take(next.value);
  }
}

async function* toAsync<T>(rows: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  yield* rows;
}

function describeColumn({ header, type, list }: ListColumn, cells: readonly ReturnType<typeof writeValue>[]): WrittenColumn {
  const longest = Math.max(header.length + 3, ...cells.map((cell) => (cell?.kind === 'text' ? cell.text.length : 12)));
  const isText = list || !['integer', 'decimal', 'date', 'time'].includes(type);
  return { header, width: Math.min(60, Math.max(8, longest + 2)), ...(isText && { style: writtenStyles.text }) };
}
