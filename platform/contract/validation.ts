import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FieldViolation } from '../errors/app-error.ts';
import type { ContractFile } from './contract-file.ts';
import { escapePointer, explainViolation, nameOf } from './explain-violation.ts';

/** So many violations are told at once; a request that has more is not a slip of the pen. */
const mostTold = 100;

type Purpose = 'request' | 'event' | 'answer';

/** Checks messages in their TypeScript shape. A message's validator is compiled when it is first needed. */
export function validation({ methods, events, components }: ContractFile) {
  const requests = new Set(methods.map((method) => method.request));
  const eventTypes = new Set(events.map((event) => event.type));
  const engines: Partial<Record<Purpose, Ajv2020>> = {};
  const compiled = new Map<string, ValidateFunction>();

  function validatorOf(message: string, purpose: Purpose): ValidateFunction {
    const known = compiled.get(message);
    if (known) return known;
    if (!Object.hasOwn(components.schemas, message)) throw new Error(`The contract has no message ${message}`);
    const engine = (engines[purpose] ??= createEngine(purpose, components));
    const validator = engine.compile({ $ref: `contract#/components/schemas/${message}` });
    compiled.set(message, validator);
    return validator;
  }

  return function violations(message: string, value: unknown): FieldViolation[] {
    const purpose = eventTypes.has(message) ? 'event' : requests.has(message) ? 'request' : 'answer';
    const validate = validatorOf(message, purpose);
    validate(value);
    const errors = (validate.errors ?? []).filter((error) => !(purpose === 'event' && error.keyword === 'additionalProperties'));
    return errors.length > 0 ? errors.slice(0, mostTold).map(explainViolation) : findNul(value);
  };
}

function createEngine(purpose: Purpose, components: ContractFile['components']): Ajv2020 {
  // The schemas are the generator's own: checking them against the meta-schema would cost every start 0.1 s.
  // A subscriber may be newer than the event: what its sender did not know gets its default.
  const engine = new Ajv2020({ allErrors: true, verbose: true, validateSchema: false, meta: false, useDefaults: purpose === 'event' });
  addFormats.default(engine, ['uuid', 'date-time', 'date', 'email', 'uri']);
  engine.addKeyword({
    keyword: 'json',
    type: 'string',
    schemaType: 'boolean',
    errors: false,
    validate: (_: boolean, text: string) => isStorableJson(text),
  });
  engine.addKeyword({ keyword: 'bytes', schemaType: 'object', errors: false, validate: areBytes });
  if (purpose === 'request') {
    engine.removeKeyword('readOnly');
    engine.addKeyword({ keyword: 'readOnly', schemaType: 'boolean', errors: false, validate: (_: boolean, value: unknown) => isEmptyList(value) });
  }
  engine.addKeyword('components');
  return engine.addSchema({ $id: 'contract', components });
}

function areBytes({ minLength = 0, maxLength = Infinity }: { minLength?: number; maxLength?: number }, value: unknown): boolean {
  return value instanceof Uint8Array && value.length >= minLength && value.length <= maxLength;
}

/** PostgreSQL's jsonb cannot hold the character U+0000, also not as an escape. */
function isStorableJson(text: string): boolean {
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  return !/(?<!\\)(?:\\\\)*\\u0000/.test(text);
}

/** A list that nobody gave is empty after decoding. */
function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** PostgreSQL's text cannot hold the character U+0000, so no text of a message has it. Where it stands is worked out only when there is one. */
function findNul(value: unknown): FieldViolation[] {
  return holdsNul(value) ? pointAtNul(value, '') : [];
}

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  if (Array.isArray(value)) return value.some(holdsNul);
  for (const key in value) if (key.includes('\0') || holdsNul((value as Record<string, unknown>)[key])) return true;
  return false;
}

function pointAtNul(value: unknown, pointer: string): FieldViolation[] {
  if (typeof value === 'string')
    return value.includes('\0') ? [{ pointer, message: `${nameOf(pointer)} must not contain the character U+0000` }] : [];
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  if (Array.isArray(value)) return value.flatMap((entry, index) => pointAtNul(entry, `${pointer}/${index}`));
  return Object.entries(value).flatMap(([key, inner]) => pointAtNul(key.includes('\0') ? key : inner, `${pointer}/${escapePointer(key)}`));
}
