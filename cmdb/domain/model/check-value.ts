import { DateTime } from 'luxon';
import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import type { AttributeDefinition, AttributeType } from './model.ts';
import { normaliseIp, normaliseMac } from './normalise-address.ts';
import { pointTo } from './pointer.ts';

/** What is wrong with a value; what is right has its one form. */
type Reading = { value: unknown } | { message: string };

/** An attribute whose pattern may have been compiled before. */
export type CheckedAttribute = AttributeDefinition & { matcher?: RegExp };

const mostEntries = 1_000;
const mostCharacters = 10_000;
/** A pattern that a person wrote may be slow on long text. */
const mostCharactersOfPattern = 1_000;

/** A value that says nothing: it is as if the attribute were not there. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '') || (Array.isArray(value) && value.length === 0);
}

/** The value in its one form, or undefined after having told what is wrong with it. */
export function checkValue(attribute: CheckedAttribute, value: unknown, pointer: string, violations: FieldViolation[]): unknown {
  if (attribute.list) return checkList(attribute, value, pointer, violations);
  const reading = read(attribute, value);
  if ('value' in reading) return reading.value;
  violations.push({ pointer, message: reading.message });
  return undefined;
}

function checkList(attribute: CheckedAttribute, value: unknown, pointer: string, violations: FieldViolation[]): unknown {
  if (!Array.isArray(value) || value.length > mostEntries) {
    violations.push({ pointer, message: `must be an array of at most ${mostEntries} values: [${exampleOf[attribute.type]}]` });
    return undefined;
  }
  return value.map((entry, index) => checkValue({ ...attribute, list: false }, entry, pointTo(pointer, index), violations));
}

const exampleOf: Readonly<Record<AttributeType, string>> = {
  text: '"text"',
  integer: '8',
  decimal: '7.5',
  boolean: 'true',
  date: '"2026-06-30"',
  time: '"2026-06-30T08:00:00Z"',
  choice: '"value"',
  ip: '"10.0.0.5"',
  mac: '"00:1b:63:84:45:e6"',
  mail: '"it@example.org"',
  link: '"https://example.org/"',
  item: '"0198c3a4-5b6c-7d8e-9f00-112233445566"',
  json: '{}',
};

function read(attribute: CheckedAttribute, value: unknown): Reading {
  switch (attribute.type) {
    case 'text':
      return readText(attribute, value);
    case 'integer':
      return readNumber(attribute, value, /^[+-]?\d{1,16}$/);
    case 'decimal':
      return readNumber(attribute, value, /^[+-]?\d{1,16}(?:\.\d{1,16})?$/);
    case 'boolean':
      return readBoolean(value);
    case 'date':
      return readForm(value, 'a date, "2026-06-30"', readDate);
    case 'time':
      return readForm(value, 'a moment with its zone, "2026-06-30T08:00:00Z"', readTime);
    case 'choice':
      return readChoice(attribute, value);
    case 'ip':
      return readForm(value, 'an IPv4 or IPv6 address', normaliseIp);
    case 'mac':
      return readForm(value, 'a MAC address, "00:1b:63:84:45:e6"', normaliseMac);
    case 'mail':
      return readForm(value, 'a mail address', (text) =>
        /^[^\s@"]{1,64}@[^\s@"]{1,190}\.[^\s@".]{2,63}$/.test(text) ? text.toLowerCase() : undefined,
      );
    case 'link':
      return readForm(value, 'a link that begins with https:// or http://', readLink);
    case 'item':
      return readForm(value, 'the id of an item, a UUID', (text) =>
        /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : undefined,
      );
    case 'json':
      return { value };
  }
}

function readText({ matcher, pattern, maxLength }: CheckedAttribute, value: unknown): Reading {
  // Many sources write a serial number of digits as a number.
  if (typeof value !== 'string' && !(typeof value === 'number' && Number.isFinite(value))) return { message: 'must be text' };
  const text = String(value).normalize('NFC').trim();
  const most = Math.min(maxLength ?? mostCharacters, pattern === undefined ? mostCharacters : mostCharactersOfPattern);
  if (text.length > most) return { message: `must not be longer than ${most} characters` };
  if (pattern !== undefined && !(matcher ?? compilePattern(pattern)).test(text)) return { message: `must match ${pattern}` };
  return { value: text };
}

/** ECMA-262, over the whole text. Throws SyntaxError. */
export function compilePattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'u');
}

function readNumber({ type, minimum, maximum }: AttributeDefinition, value: unknown, form: RegExp): Reading {
  const number = typeof value === 'string' && form.test(value.trim()) ? Number(value) : value;
  const isWhole = type === 'decimal' || Number.isSafeInteger(number);
  if (typeof number !== 'number' || !Number.isFinite(number) || !isWhole)
    return { message: type === 'integer' ? 'must be a whole number' : 'must be a number' };
  if (minimum !== undefined && number < minimum) return { message: `must not be less than ${minimum}` };
  if (maximum !== undefined && number > maximum) return { message: `must not be more than ${maximum}` };
  return { value: number === 0 ? 0 : number }; // -0 is 0
}

function readBoolean(value: unknown): Reading {
  if (typeof value === 'boolean') return { value };
  const word = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
  return word === 'true' || word === 'false' ? { value: word === 'true' } : { message: 'must be true or false' };
}

function readChoice({ values = [] }: AttributeDefinition, value: unknown): Reading {
  const wanted = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
  const chosen = values.find((choice) => choice.value === value) ?? values.find((choice) => choice.value.toLowerCase() === wanted);
  return chosen ? { value: chosen.value } : { message: `must be one of ${values.map((choice) => choice.value).join(', ')}` };
}

function readForm(value: unknown, form: string, normalise: (text: string) => string | undefined): Reading {
  const normal = typeof value === 'string' && value.length <= 2_000 ? normalise(value.trim()) : undefined;
  return normal === undefined ? { message: `must be ${form}` } : { value: normal };
}

function readDate(text: string): string | undefined {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && DateTime.fromISO(text, { zone: 'utc' }).isValid ? text : undefined;
}

function readTime(text: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/i.test(text)) return undefined;
  const moment = DateTime.fromISO(text.toUpperCase(), { zone: 'utc' });
  return moment.isValid ? new Date(moment.toMillis()).toISOString() : undefined;
}

function readLink(text: string): string | undefined {
  return /^https?:\/\/\S+$/i.test(text) && URL.canParse(text) ? text : undefined;
}
