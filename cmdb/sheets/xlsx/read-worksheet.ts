import { type Cell, type MergedRange, type SheetPart, toLetter } from '../../domain/sheets/cell.ts';
import { fromSerial } from '../../domain/sheets/read-moment.ts';
import type { SheetLimits } from '../limits.ts';
import { refuseFile } from '../refuse-file.ts';
import { decodeText } from './decode-text.ts';
import type { NumberStyle } from './number-formats.ts';
import { streamXml, type XmlHandlers } from './read-xml.ts';
import { addText, type SharedTexts } from './shared-texts.ts';

export interface CellMeaning {
  texts: SharedTexts;
  styles: readonly NumberStyle[];
  is1904: boolean;
}

interface OpenCell {
  column: number;
  type: string;
  style: number;
  value: string;
  inline: string;
  formula: string | undefined;
}

/** The rows that a worksheet has, then its merged ranges. What has no value is left out, whatever its format. */
export function readWorksheet(source: AsyncIterable<Buffer>, meaning: CellMeaning, limits: SheetLimits): AsyncIterable<SheetPart> {
  return streamXml<SheetPart>(source, limits, (give) => watchRows(give, meaning, limits));
}

function watchRows(give: (part: SheetPart) => void, meaning: CellMeaning, limits: SheetLimits): XmlHandlers {
  let row = { number: 0, cells: [] as (Cell | undefined)[], isHidden: false };
  let cell: OpenCell | undefined;
  let column = -1;
  let into: 'value' | 'inline' | 'formula' | undefined;
  let isPhonetic = false;
  let merged = 0;

  return {
    open(name, attributes) {
      switch (name) {
        case 'row':
          row = {
            number: Number(attributes['r'] ?? row.number + 1),
            cells: [],
            isHidden: attributes['hidden'] === '1' || attributes['hidden'] === 'true',
          };
          column = -1;
          if (!(row.number <= limits.rows)) throw refuseFile('too_many_rows', { ru: `${limits.rows}.` });
          break;
        case 'c':
          column = attributes['r'] === undefined ? column + 1 : readColumn(attributes['r']);
          cell = { column, type: attributes['t'] ?? 'n', style: Number(attributes['s'] ?? 0), value: '', inline: '', formula: undefined };
          break;
        case 'v':
          into = 'value';
          break;
        case 't':
          into = isPhonetic ? undefined : 'inline';
          break;
        case 'f':
          into = 'formula';
          if (cell) cell.formula ??= '';
          break;
        case 'rPh':
          isPhonetic = true;
          break;
        case 'mergeCell': {
          merged += 1;
          if (merged > limits.mergedRanges) throw refuseFile('too_many_merged', { ru: `${limits.mergedRanges}.` });
          const range = readRange(attributes['ref'] ?? '');
          if (range) give({ merged: range });
        }
      }
    },
    text(text) {
      if (cell && into) cell[into] = addText(cell[into] ?? '', text, limits);
    },
    close(name) {
      if (name === 'v' || name === 't' || name === 'f') into = undefined;
      else if (name === 'rPh') isPhonetic = false;
      else if (name === 'c' && cell) {
        const read = readCell(cell, meaning);
        if (read && cell.column >= limits.columns) throw refuseFile('too_many_columns', { ru: `${toLetter(cell.column)}${row.number}.` });
        if (read) row.cells[cell.column] = read;
        cell = undefined;
      } else if (name === 'row' && row.cells.length > 0) {
        give({ row: { number: row.number, cells: row.cells, ...(row.isHidden && { isHidden: true }) } });
      }
    },
  };
}

/** The types of cells: ECMA-376 part 1, 18.18.11. */
function readCell({ type, style, value, inline, formula }: OpenCell, { texts, styles, is1904 }: CellMeaning): Cell | undefined {
  const isFormula = formula !== undefined && { isFormula: true };
  if (type === 'inlineStr') return inline === '' ? undefined : { kind: 'text', text: decodeText(inline), ...isFormula };
  if (value === '' && type !== 'str') return formula === undefined ? undefined : { kind: 'unvalued', formula, isFormula: true };
  switch (type) {
    case 's': {
      const text = texts.at(Number(value));
      if (text === undefined)
        throw refuseFile('broken', { ru: `нет общего текста номер ${value}.`, en: `there is no shared text with the number ${value}.` });
      return text === '' ? undefined : { kind: 'text', text };
    }
    case 'str':
      return value === '' && formula === undefined ? undefined : { kind: 'text', text: decodeText(value), ...isFormula };
    case 'b':
      return { kind: 'boolean', value: value === '1' || value === 'true', ...isFormula };
    case 'e':
      return { kind: 'error', text: value, ...isFormula };
    case 'd':
      return { kind: 'moment', moment: value.replace(/(?:\.\d+)?Z?$/, '').replace(/T00:00(?::00)?$/, ''), ...isFormula };
    default: {
      const number = Number(value);
      if (!Number.isFinite(number)) return { kind: 'text', text: value, ...isFormula };
      const format = styles[style];
      const moment = format?.isMoment ? fromSerial(number, is1904) : undefined;
      if (moment !== undefined) return { kind: 'moment', moment, ...isFormula };
      return { kind: 'number', number, text: value, ...(format?.shownDigits !== undefined && { shownDigits: format.shownDigits }), ...isFormula };
    }
  }
}

/** `BC12` is 54. */
function readColumn(reference: string): number {
  let column = 0;
  for (let index = 0; index < reference.length; index += 1) {
    const letter = reference.charCodeAt(index) & 0xdf;
    if (letter < 65 || letter > 90) break;
    column = column * 26 + letter - 64;
  }
  return column - 1;
}

function readRange(reference: string): MergedRange | undefined {
  const [, from = '', top, to = '', bottom] = /^([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})$/i.exec(reference) ?? [];
  return top === undefined ? undefined : { top: Number(top), left: readColumn(from), bottom: Number(bottom), right: readColumn(to) };
}
