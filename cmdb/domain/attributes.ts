import { AppError } from '../../platform/errors/app-error.ts';

/** An item's own facts, as its source names them. */
export type Attributes = Readonly<Record<string, unknown>>;

const mostCharacters = 64 * 1024;
const mostLevels = 16;

/** Reads attributes as they came: a JSON object. Throws AppError `invalid_input` at `pointer` for anything else. */
export function readAttributes(text: string, pointer: string): Attributes {
  const refuse = (message: string) => new AppError('invalid_input', 'The attributes cannot be kept.', { violations: [{ pointer, message }] });
  if (text.length > mostCharacters) throw refuse(`must not be longer than ${mostCharacters} characters as JSON`);
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('must be an object: {"name": value, …}');
  if (!isStorable(value, mostLevels)) throw refuse(`must not be nested deeper than ${mostLevels} levels nor hold half of a surrogate pair`);
  return value as Attributes;
}

/** One text for equal values, whatever the order of their keys. Written by hand: with a replacer, JSON.stringify takes four times as long. */
export function toCanonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((inner) => (inner === undefined ? 'null' : toCanonicalText(inner))).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  let text = '';
  for (const name of Object.keys(value).sort()) {
    const inner = value[name];
    if (inner !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${toCanonicalText(inner)}`;
  }
  return `{${text}}`;
}

/** JSON merge patch, one level deep: what is given is set, what is given as null is removed. */
export function patchAttributes(before: Attributes, patch: Attributes): Attributes {
  return Object.fromEntries(Object.entries({ ...before, ...patch }).filter(([name, value]) => !(Object.hasOwn(patch, name) && value === null)));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** jsonb refuses a lone surrogate, and a walk of what is too deep would overflow the stack. */
function isStorable(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isStorable(inner, levels - 1));
}
