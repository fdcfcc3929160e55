/**
 * What a cell says before anybody knows what it is for. A moment is wall time without a zone: `2025-12-31`, `2025-12-31T10:30:00` or `T10:30:00`. The text of a
 * number is as the file has it, for what is no quantity but digits; `shownDigits` is how many digits a format of zeros shows (`00001234`).
 */
export type Cell = { isFormula?: boolean } & (
  | { kind: 'text'; text: string }
  | { kind: 'number'; number: number; text: string; shownDigits?: number }
  | { kind: 'moment'; moment: string }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'error'; text: string }
  | { kind: 'unvalued'; formula: string }
);

/** Rows count from 1, as a spreadsheet shows them; cells from 0. Only rows and cells that the file has. */
export interface SheetRow {
  number: number;
  cells: readonly (Cell | undefined)[];
  isHidden?: boolean;
}

/** Cells that are shown as one; all that they say is in the first. Rows from 1, columns from 0, both ends included. */
export interface MergedRange {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

/** Merged ranges stand in the file after all rows. */
export type SheetPart = { row: SheetRow } | { merged: MergedRange };

/** 0 is A, 26 is AA. */
export function toLetter(column: number): string {
  return column < 26 ? String.fromCharCode(65 + column) : toLetter(Math.floor(column / 26) - 1) + toLetter(column % 26);
}

/** What a person sees in the cell, in one line and without the blanks that nobody sees. */
export function toText(cell: Cell | undefined): string {
  switch (cell?.kind) {
    case undefined:
      return '';
    case 'text':
      return tidyText(cell.text).replace(/\s\s+|\n/g, ' ');
    case 'number':
      return toDigits(cell) ?? cell.text;
    case 'moment':
      return cell.moment.replace('T', ' ').trim();
    case 'boolean':
      return String(cell.value);
    case 'error':
      return cell.text;
    case 'unvalued':
      return `=${cell.formula}`;
  }
}

/** Whether a person sees anything in it. */
export function isFilled(cell: Cell | undefined): cell is Cell {
  return cell !== undefined && (cell.kind !== 'text' || tidyText(cell.text) !== '');
}

/** Most texts are tidy already: Latin and Russian letters, plain spaces, none at the ends. */
const untidy = /[^ -~\u0410-\u044fЁё№«»—–]|^ | $/;

/** Spaces of every width become plain ones; marks without width go. */
export function tidyText(text: string): string {
  if (!untidy.test(text)) return text;
  return text
    .normalize('NFC')
    .replace(/[\u200b-\u200d\u2060\ufeff\u00ad]/g, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[^\S\n]/g, ' ')
    .trim();
}

const mostExactDigits = 15;

/**
 * A number as the digits that a person typed, with leading zeros that are shown; a fraction to the 15 digits that a spreadsheet keeps. Undefined when it has more
 * digits than a spreadsheet keeps: the rest are lost.
 */
export function toDigits({ number, shownDigits = 0 }: Extract<Cell, { kind: 'number' }>): string | undefined {
  if (!Number.isInteger(number)) return String(Number(number.toPrecision(mostExactDigits)));
  if (Math.abs(number) >= 10 ** mostExactDigits) return undefined;
  return number < 0 ? String(number) : String(number).padStart(shownDigits, '0');
}
