import { DateTime } from 'luxon';
import type { AttributeDefinition, Label } from '../model/model.ts';
import type { Cell } from './cell.ts';

/** A column of a list that is written: what its values are, as an attribute tells it. */
export type ValueKind = Pick<AttributeDefinition, 'type' | 'list' | 'values'>;

export interface Reader {
  language: keyof Label;
  /** IANA name of the zone in which times are shown. */
  zone: string;
}

const words: Readonly<Record<keyof Label, { yes: string; no: string }>> = { ru: { yes: 'да', no: 'нет' }, en: { yes: 'yes', no: 'no' } };
const mostExactDigits = 1e15;

/** A value of the model as a cell that people read, and that `readValue` reads back. */
export function writeValue(value: unknown, kind: ValueKind, reader: Reader): Cell | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (kind.list && Array.isArray(value)) {
    const texts = value.map((one) => toWords(writeOne(one, kind, reader)));
    return texts.length === 0 ? undefined : { kind: 'text', text: texts.join('; ') };
  }
  return writeOne(value, kind, reader);
}

function writeOne(value: unknown, { type, values = [] }: ValueKind, { language, zone }: Reader): Cell {
  const text: Cell = { kind: 'text', text: typeof value === 'string' ? keepApostrophe(value) : JSON.stringify(value) };
  switch (type) {
    case 'integer':
    case 'decimal':
      // A spreadsheet would round what has more digits.
      return typeof value === 'number' && Math.abs(value) < mostExactDigits ? { kind: 'number', number: value, text: String(value) } : text;
    case 'boolean':
      return typeof value === 'boolean' ? { kind: 'text', text: words[language][value ? 'yes' : 'no'] } : text;
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? { kind: 'moment', moment: value } : text;
    case 'time': {
      const moment = typeof value === 'string' ? DateTime.fromISO(value, { zone }) : undefined;
      return moment?.isValid ? { kind: 'moment', moment: moment.toFormat("yyyy-MM-dd'T'HH:mm:ss") } : text;
    }
    case 'choice': {
      const chosen = values.find((choice) => choice.value === value);
      return chosen ? { kind: 'text', text: chosen.label[language] } : text;
    }
    case 'json':
      return { kind: 'text', text: JSON.stringify(value) };
    case 'text':
    case 'ip':
    case 'mac':
    case 'mail':
    case 'link':
    case 'item':
      return text;
  }
}

/** One apostrophe before what looks like a formula is taken off when it is read (`readValue`): one that belongs to the text needs another. */
function keepApostrophe(text: string): string {
  return /^'+[=+\-@＝＋－＠]/.test(text) ? `'${text}` : text;
}

function toWords(cell: Cell): string {
  return cell.kind === 'text' ? cell.text : cell.kind === 'moment' ? cell.moment.replace('T', ' ') : cell.kind === 'number' ? cell.text : '';
}

/** Whether a spreadsheet that opens this text would run it as a formula (OWASP, CSV injection). */
export function looksLikeFormula(text: string): boolean {
  return /^[=+\-@\t\r＝＋－＠]/.test(text);
}
