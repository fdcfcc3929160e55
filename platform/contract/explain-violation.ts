import type { ErrorObject } from 'ajv/dist/2020.js';
import type { FieldViolation } from '../errors/app-error.ts';
import { deepestJson } from './json-fields.ts';

/** One of ajv's errors in words that name the field, what is wrong and the way out. */
export function explainViolation(error: ErrorObject): FieldViolation {
  const { keyword, params, instancePath } = error;
  const absent: unknown =
    keyword === 'required' ? params['missingProperty'] : keyword === 'additionalProperties' ? params['additionalProperty'] : undefined;
  const pointer = absent === undefined ? instancePath : `${instancePath}/${escapePointer(String(absent))}`;
  return { pointer, message: `${nameOf(pointer)} ${reasonOf(error)}` };
}

/** `/incidents/0/subject` → `incidents[0].subject` */
export function nameOf(pointer: string): string {
  if (pointer === '') return 'the request';
  return pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((segment, index) => (/^\d+$/.test(segment) ? `[${segment}]` : index === 0 ? segment : `.${segment}`))
    .join('');
}

export function escapePointer(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}

function reasonOf({ keyword, params, parentSchema, message }: ErrorObject): string {
  const limit = Number(params['limit']);
  switch (keyword) {
    case 'required':
      return 'is missing: give it a value';
    case 'additionalProperties':
      return `is not known here: leave it out, or use one of: ${Object.keys(parentSchema?.['properties'] ?? {}).join(', ') || '(nothing)'}`;
    case 'readOnly':
      return 'is set by the system: leave it out';
    case 'enum':
      return `must be one of: ${(params['allowedValues'] as string[]).join(', ')}`;
    case 'type':
      return parentSchema?.['json'] ? jsonReason : `must be ${types[String(params['type'])] ?? params['type']}`;
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return limit === 1 ? 'must not be empty' : `must have at least ${count(limit, keyword)}`;
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return `must have at most ${count(limit, keyword)}`;
    case 'minimum':
      return `must be ${limit} or more`;
    case 'maximum':
      return `must be ${limit} or less`;
    case 'format':
      return `must be ${formats[String(params['format'])] ?? params['format']}`;
    case 'pattern':
      return `must look like ${exampleOf(parentSchema) ?? params['pattern']}`;
    case 'json':
      return jsonReason;
    case 'bytes':
      return 'must be bytes of the allowed length';
    default:
      return message ?? 'is not right';
  }
}

const jsonReason = `must be a JSON value, nested at most ${deepestJson} levels deep`;

const types: Record<string, string> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

const formats: Record<string, string> = {
  uuid: 'a UUID, like 0197f0c4-1c2d-7a3b-9e4f-5a6b7c8d9e0f',
  'date-time': 'a time with its zone as in RFC 3339, like 2026-01-31T12:00:00.000Z',
  date: 'a date, like 2026-01-31',
  email: 'a mail address, like name@example.org',
  uri: 'an address with its scheme, like https://example.org/',
};

function count(limit: number, keyword: string): string {
  const thing = keyword.endsWith('Length') ? 'character' : keyword.endsWith('Items') ? 'entry' : 'key';
  if (limit === 1) return `1 ${thing}`;
  return `${limit} ${thing === 'entry' ? 'entries' : `${thing}s`}`;
}

function exampleOf(schema: ErrorObject['parentSchema']): string | undefined {
  const examples: unknown = schema?.['examples'];
  return Array.isArray(examples) ? String(examples[0]) : undefined;
}
