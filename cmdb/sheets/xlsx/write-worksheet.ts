import { type Cell, toLetter } from '../../domain/sheets/cell.ts';
import { toSerial } from '../../domain/sheets/read-moment.ts';
import { looksLikeFormula } from '../../domain/sheets/write-value.ts';
import { encodeText } from './decode-text.ts';

/** Numbers of the formats in the workbook's styles part. */
export const writtenStyles = { plain: 0, header: 1, required: 2, date: 3, time: 4, text: 5, quoted: 6, wrapped: 7 } as const;
type WrittenStyle = (typeof writtenStyles)[keyof typeof writtenStyles];

export interface WrittenColumn {
  header: string;
  /** In characters. */
  width: number;
  /** Of cells that somebody fills later. */
  style?: WrittenStyle;
  isRequired?: boolean;
  /** Shown when the mouse is over the header. */
  note?: string;
  /** What may be chosen: the column of the sheet of choices, and how many there are. */
  choices?: { sheet: string; column: number; count: number };
}

export interface WrittenSheet {
  name: string;
  isHidden?: boolean;
  /** Headers stay in sight. Without any, rows begin at the top and have no header. */
  columns: readonly WrittenColumn[];
  hasHeader?: boolean;
  hasFilter?: boolean;
  /** The style of all texts, when they are no list but something to read. */
  textStyle?: WrittenStyle;
  rows(): AsyncIterable<readonly (Cell | undefined)[]> | Iterable<readonly (Cell | undefined)[]>;
}

const pieceCharacters = 32_768;
/** Rows below the header for which choices are offered. */
const rowsWithChoices = 100_000;
/** What Excel keeps of a cell. */
const mostCharacters = 32_767;
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** The XML of a worksheet in pieces; its elements in the order of CT_Worksheet (ECMA-376 part 1, 18.3.1.99). */
export async function* writeWorksheet({
  columns,
  hasHeader = true,
  hasFilter,
  rows,
  textStyle = writtenStyles.text,
}: WrittenSheet): AsyncGenerator<string> {
  yield `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="${main}" xmlns:r="${relations}">`;
  if (hasHeader)
    yield '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>';
  else yield '<sheetViews><sheetView workbookViewId="0" showGridLines="0"/></sheetViews>';
  yield `<cols>${columns.map(writeColumn).join('')}</cols><sheetData>`;

  let number = 0;
  let piece = '';
  if (hasHeader) {
    number = 1;
    piece = `<row r="1">${columns.map(({ header, isRequired }, index) => writeText(header, `${toLetter(index)}1`, isRequired ? writtenStyles.required : writtenStyles.header)).join('')}</row>`;
  }
  const letters = columns.map((_, index) => toLetter(index));
  for await (const cells of rows()) {
    number += 1;
    piece += `<row r="${number}">`;
    for (const [index, cell] of cells.entries()) if (cell) piece += writeCell(cell, `${letters[index] ?? toLetter(index)}${number}`, textStyle);
    piece += '</row>';
    if (piece.length < pieceCharacters) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}</sheetData>`;

  const all = `A1:${toLetter(Math.max(0, columns.length - 1))}${Math.max(1, number)}`;
  if (hasFilter) yield `<autoFilter ref="${all}"/>`;
  yield writeChoices(columns);
  yield `<ignoredErrors><ignoredError sqref="${all}" numberStoredAsText="1"/></ignoredErrors>`;
  if (columns.some(({ note }) => note !== undefined)) yield '<legacyDrawing r:id="notes"/>';
  yield '</worksheet>';
}

function writeColumn({ width, style = writtenStyles.plain }: WrittenColumn, index: number): string {
  return `<col min="${index + 1}" max="${index + 1}" width="${width}" style="${style}" customWidth="1"/>`;
}

function writeCell(cell: Cell, reference: string, textStyle: WrittenStyle): string {
  switch (cell.kind) {
    case 'number':
      return `<c r="${reference}"><v>${cell.number}</v></c>`;
    case 'moment': {
      const serial = toSerial(cell.moment);
      if (serial === undefined) return writeText(cell.moment, reference, textStyle);
      return `<c r="${reference}" s="${cell.moment.length === 10 ? writtenStyles.date : writtenStyles.time}"><v>${serial}</v></c>`;
    }
    case 'boolean':
      return `<c r="${reference}" t="b"><v>${cell.value ? 1 : 0}</v></c>`;
    case 'text':
      // Such a cell is text already; the quoted style keeps it so when somebody edits it.
      return writeText(cell.text, reference, looksLikeFormula(cell.text) ? writtenStyles.quoted : textStyle);
    case 'error':
    case 'unvalued':
      return '';
  }
}

function writeText(text: string, reference: string, style: WrittenStyle): string {
  const kept = text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1)}…` : text;
  return `<c r="${reference}" t="inlineStr" s="${style}"><is>${writeElement(kept)}</is></c>`;
}

/** A text element; white space at its ends, or lines, are kept only when it says so. */
export function writeElement(text: string): string {
  return `<t${/^\s|\s$|\n/.test(text) ? ' xml:space="preserve"' : ''}>${encodeText(text)}</t>`;
}

function writeChoices(columns: readonly WrittenColumn[]): string {
  const validations = columns.flatMap(({ choices }, index) => {
    if (!choices) return [];
    const cells = `${toLetter(index)}2:${toLetter(index)}${rowsWithChoices + 1}`;
    const letter = toLetter(choices.column);
    const source = encodeText(`'${choices.sheet.replaceAll("'", "''")}'!$${letter}$1:$${letter}$${choices.count}`);
    return `<dataValidation type="list" allowBlank="1" showErrorMessage="1" sqref="${cells}"><formula1>${source}</formula1></dataValidation>`;
  });
  return validations.length === 0 ? '' : `<dataValidations count="${validations.length}">${validations.join('')}</dataValidations>`;
}
