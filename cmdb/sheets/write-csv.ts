import { Readable } from 'node:stream';
import type { Cell } from '../domain/sheets/cell.ts';
import { looksLikeFormula, type Reader, writeValue } from '../domain/sheets/write-value.ts';
import type { ListColumn } from './list-column.ts';

const pieceCharacters = 32_768;

/**
 * A list as CSV that Excel opens by a double click: UTF-8 with a mark, and the separators of the reader's language (Russian: semicolon and decimal comma). Text
 * that would become a formula gets an apostrophe in front, which `readRow` takes off again. The rows are asked for as the stream is read.
 */
export function writeCsv(
  columns: readonly ListColumn[],
  rows: AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>,
  reader: Reader,
): Readable {
  const separator = reader.language === 'ru' ? ';' : ',';
  const toLine = (texts: readonly string[]) => `${texts.map((text) => quote(text, separator)).join(separator)}\r\n`;
  async function* pieces() {
    let piece = `\ufeff${toLine(columns.map(({ header }) => guard(header)))}`;
    for await (const row of rows) {
      piece += toLine(columns.map((column, index) => toCsvText(writeValue(row[index], column, reader), reader)));
      if (piece.length < pieceCharacters) continue;
      yield Buffer.from(piece);
      piece = '';
    }
    yield Buffer.from(piece);
  }
  return Readable.from(pieces(), { objectMode: false });
}

function toCsvText(cell: Cell | undefined, { language }: Reader): string {
  switch (cell?.kind) {
    case 'text':
      return guard(cell.text);
    case 'number':
      return language === 'ru' ? cell.text.replace('.', ',') : cell.text;
    case 'moment':
      return language === 'ru' ? cell.moment.replace(/^(\d{4})-(\d{2})-(\d{2})/, '$3.$2.$1').replace('T', ' ') : cell.moment.replace('T', ' ');
    case 'boolean':
      return String(cell.value);
    case 'error':
    case 'unvalued':
    case undefined:
      return '';
  }
}

function guard(text: string): string {
  return looksLikeFormula(text) ? `'${text}` : text;
}

function quote(text: string, separator: string): string {
  return text.includes(separator) || /["\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
