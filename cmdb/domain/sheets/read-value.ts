import { DateTime } from 'luxon';
import type { AttributeDefinition } from '../model/model.ts';
import { type Cell, tidyText, toDigits } from './cell.ts';
import type { ColumnHabit } from './column-habit.ts';
import { readMoment } from './read-moment.ts';
import { readNumber } from './read-number.ts';
import type { Finding } from './remark.ts';
import * as say from './value-findings.ts';

export interface ValueContext {
  habit?: ColumnHabit;
  /** IANA name of the zone in which times of the sheet are meant. */
  zone: string;
}

/** A value as the model writes it, or why there is none. Neither: the cell says nothing. */
export interface ValueReading {
  value?: unknown;
  fault?: Finding;
  notices?: readonly Finding[];
}

type Filled = Exclude<Cell, { kind: 'error' | 'unvalued' }>;

const nothing = /^(?:-+|—|–|н\/д|нет данных|не указано|n\/a|#n\/a|null)$/i;

/** Reads a cell as a value of an attribute. */
export function readValue(cell: Cell | undefined, attribute: AttributeDefinition, context: ValueContext): ValueReading {
  if (!cell) return {};
  if (cell.kind === 'error') return { fault: say.errorCell(cell.text) };
  if (cell.kind === 'unvalued') return { fault: say.formulaWithoutValue(cell.formula) };
  const text = cell.kind === 'text' ? tidyText(cell.text) : undefined;
  if (text === '') return {};
  if (text !== undefined && attribute.type !== 'boolean' && nothing.test(text)) return { notices: [say.saysNothing(text)] };
  const reading = attribute.list ? readList(cell, attribute, context) : readOne(cell, attribute, context);
  return cell.isFormula ? { ...reading, notices: [say.formula, ...(reading.notices ?? [])] } : reading;
}

function readList(cell: Filled, attribute: AttributeDefinition, context: ValueContext): ValueReading {
  if (cell.kind !== 'text') {
    const reading = readOne(cell, attribute, context);
    return 'value' in reading ? { ...reading, value: [reading.value] } : reading;
  }
  const readings = splitList(cell.text).map((text) => readOne({ kind: 'text', text }, attribute, context));
  const fault = readings.find((reading) => reading.fault)?.fault;
  const notices = readings.flatMap((reading) => reading.notices ?? []);
  return fault ? { fault, notices } : { value: readings.map(({ value }) => value), notices };
}

/** Several values in one cell: a line each, or divided by semicolons; by commas only where there is neither. */
export function splitList(text: string): string[] {
  const tidy = tidyText(text);
  const parts = /[;\n]/.test(tidy) ? tidy.split(/[;\n]/) : tidy.split(/,(?=\s|\p{L})/u);
  return [...new Set(parts.map((part) => part.trim()).filter((part) => part !== ''))];
}

function readOne(cell: Filled, attribute: AttributeDefinition, context: ValueContext): ValueReading {
  switch (attribute.type) {
    case 'text':
      return readText(cell, attribute);
    case 'integer':
    case 'decimal':
      return readQuantity(cell, attribute, context);
    case 'boolean':
      return readBoolean(cell);
    case 'date':
      return readDate(cell, context);
    case 'time':
      return readTime(cell, context);
    case 'choice':
      return readChoice(cell, attribute);
    case 'ip':
    case 'mac':
    case 'mail':
    case 'link':
      return readForm(cell, attribute.type);
    case 'item':
      return readText(cell, attribute);
    case 'json':
      return readJson(cell);
  }
}

function readText(cell: Filled, { pattern, maxLength }: AttributeDefinition): ValueReading {
  const notices = cell.kind === 'moment' ? [say.becameDate] : [];
  const text = toPlainText(cell);
  if (text === undefined) return { fault: say.digitsLost(cell.kind === 'number' ? cell.text : '') };
  if (maxLength !== undefined && text.length > maxLength) return { fault: say.tooLong(text.length, maxLength) };
  if (pattern !== undefined && !(text.length <= 1_000 && new RegExp(`^(?:${pattern})$`, 'u').test(text)))
    return { fault: say.otherPattern(text, pattern) };
  return { value: text, notices };
}

/** What was typed; an apostrophe that keeps a spreadsheet from taking a text for a formula is none of it. Undefined where digits are lost. */
function toPlainText(cell: Filled): string | undefined {
  switch (cell.kind) {
    case 'text':
      return tidyText(cell.text).replace(/^'(?='*[=+\-@＝＋－＠])/, '');
    case 'number':
      return toDigits(cell);
    case 'moment':
      return cell.moment.replace('T', ' ').trim();
    case 'boolean':
      return String(cell.value);
  }
}

function readQuantity(cell: Filled, { type, unit, minimum, maximum }: AttributeDefinition, { habit }: ValueContext): ValueReading {
  const text = cell.kind === 'text' ? tidyText(cell.text).replace(/^'/, '') : '';
  const reading = cell.kind === 'text' ? readNumber(text, habit?.comma, unit) : undefined;
  if (cell.kind === 'moment') return { fault: say.dateForNumber(cell.moment) };
  if (cell.kind === 'boolean' || (reading && 'why' in reading && reading.why === 'no_number'))
    return { fault: say.noNumber(text || String(toPlainText(cell)), unit) };
  if (reading && 'why' in reading) return { fault: say.ambiguousNumber(text) };
  const exact = reading ? reading.number : cell.kind === 'number' ? cell.number : Number.NaN;
  // A spreadsheet keeps 15 digits; what comes after them is noise of the binary form.
  const number = Number.isInteger(exact) ? exact : Number(exact.toPrecision(15));
  if (type === 'integer' && !Number.isSafeInteger(number)) return { fault: say.notWhole(number) };
  if (!Number.isFinite(number)) return { fault: say.noNumber(text, unit) };
  if (minimum !== undefined && number < minimum) return { fault: say.tooSmall(number, minimum, unit) };
  if (maximum !== undefined && number > maximum) return { fault: say.tooBig(number, maximum, unit) };
  return { value: number === 0 ? 0 : number };
}

const yes: ReadonlySet<string> = new Set(['да', 'yes', 'true', 'истина', '1', '+', 'y', 'д', 'есть', 'вкл', 'on', '✓', '✔']);
const no: ReadonlySet<string> = new Set(['нет', 'no', 'false', 'ложь', '0', '-', '–', '—', 'n', 'н', 'выкл', 'off']);

function readBoolean(cell: Filled): ValueReading {
  if (cell.kind === 'boolean') return { value: cell.value };
  const text = toPlainText(cell)?.toLowerCase() ?? '';
  if (yes.has(text)) return { value: true };
  return no.has(text) ? { value: false } : { fault: say.noYesOrNo(text) };
}

/** Days for which a plain number in a column of dates is taken for one: 1950 to 2100. A bare year is far from them. */
const [firstLikelyDay, lastLikelyDay] = [18_264, 73_415];

function readDate(cell: Filled, context: ValueContext): ValueReading {
  const reading = readWallTime(cell, context);
  if (!('moment' in reading)) return reading;
  return reading.moment.startsWith('T')
    ? { fault: say.timeForDate(reading.moment) }
    : { value: reading.moment.slice(0, 10), notices: reading.notices };
}

function readTime(cell: Filled, context: ValueContext): ValueReading {
  const reading = readWallTime(cell, context);
  if (!('moment' in reading)) return reading;
  if (reading.moment.startsWith('T')) return { fault: say.timeForDate(reading.moment) };
  const moment = DateTime.fromISO(reading.moment + (reading.zone ?? ''), { zone: context.zone }).toUTC();
  return moment.isValid ? { value: new Date(moment.toMillis()).toISOString(), notices: reading.notices } : { fault: say.noDate(reading.moment) };
}

function readWallTime(cell: Filled, { habit }: ValueContext): { moment: string; zone?: string; notices: Finding[] } | { fault: Finding } {
  if (cell.kind === 'moment') return { moment: cell.moment, notices: [] };
  if (cell.kind === 'number') {
    const isLikely = cell.number >= firstLikelyDay && cell.number <= lastLikelyDay;
    if (!isLikely) return { fault: say.noDate(cell.text) };
    const moment = new Date((Math.round(cell.number * 86_400) - 25_569 * 86_400) * 1000).toISOString().slice(0, 19).replace('T00:00:00', '');
    return { moment, notices: [say.numberForDate(cell.text, moment)] };
  }
  const text = toPlainText(cell) ?? '';
  const reading = readMoment(text, habit?.dateOrder);
  if ('moment' in reading) return { ...reading, notices: reading.isShortYear ? [say.shortYear(text, reading.moment)] : [] };
  if (reading.why === 'ambiguous') return { fault: say.ambiguousDate(text) };
  return { fault: reading.why === 'no_date' ? say.noDate(text) : say.noSuchDay(text) };
}

function readChoice(cell: Filled, { values = [] }: AttributeDefinition): ValueReading {
  const text = toPlainText(cell) ?? '';
  const fold = (word: string) => word.normalize('NFC').trim().toLowerCase().replaceAll('ё', 'е').replace(/\s+/g, ' ');
  const wanted = fold(text);
  const chosen = values.find(({ value, label }) => [value, label.ru, label.en].some((word) => fold(word) === wanted));
  return chosen ? { value: chosen.value } : { fault: say.noChoice(text, values) };
}

const forms: Readonly<Record<'ip' | 'mac' | 'mail' | 'link', RegExp>> = {
  ip: /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$|^(?=.*:.*:)[0-9a-f:]{2,39}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?$/i,
  mac: /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|^(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}$|^[0-9a-f]{12}$/i,
  mail: /^[^\s@"]{1,64}@[^\s@"]{1,190}\.[^\s@".]{2,63}$/,
  link: /^https?:\/\/\S+$/i,
};

function readForm(cell: Filled, type: keyof typeof forms): ValueReading {
  const text = toPlainText(cell) ?? '';
  return forms[type].test(text) ? { value: text } : { fault: say.otherForm(text, type) };
}

function readJson(cell: Filled): ValueReading {
  if (cell.kind === 'number') return { value: cell.number };
  if (cell.kind === 'boolean') return { value: cell.value };
  const text = toPlainText(cell) ?? '';
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { fault: say.noJson(text) };
  }
}
