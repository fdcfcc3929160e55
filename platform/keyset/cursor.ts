import { createHash } from 'node:crypto';
import { AppError } from '../errors/app-error.ts';

interface CursorKinds {
  string: string;
  /** Fits PostgreSQL's int. */
  number: number;
  /** RFC 3339, UTC, milliseconds. */
  time: string;
  uuid: string;
}
export type CursorKind = keyof CursorKinds;
export type CursorValues<Shape extends readonly CursorKind[]> = { [Index in keyof Shape]: CursorKinds[Shape[Index]] };

const version = 1;
const checkLength = 8;
const timePattern = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const fits: { [Kind in CursorKind]: (value: unknown) => boolean } = {
  string: (value) => typeof value === 'string' && !value.includes('\0'),
  number: (value) => Number.isInteger(value) && (value as number) >= -(2 ** 31) && (value as number) < 2 ** 31,
  time: (value) => typeof value === 'string' && timePattern.test(value) && !Number.isNaN(Date.parse(value)),
  uuid: (value) => typeof value === 'string' && uuidPattern.test(value),
};

/**
 * The place where a page ended, as text for `next`: the values of the last row's sort columns. `order` names the list's order ("-createdAt"), so that
 * a cursor of one order is refused by another. It is opaque and carries a check sum, not a secret: rights are in the query, never in the cursor.
 */
export function encodeCursor(values: readonly (string | number)[], order: string): string {
  const content = Buffer.from(JSON.stringify([version, order, ...values]));
  return Buffer.concat([checkSum(content), content]).toString('base64url');
}

/** The values of a cursor, each of its kind in `shape` and so safe to cast in SQL. Throws AppError `invalid_input` at `/after` for anything else. */
export function decodeCursor<const Shape extends readonly CursorKind[]>(text: string, shape: Shape, order: string): CursorValues<Shape> {
  const bytes = Buffer.from(text, 'base64url');
  const content = bytes.subarray(checkLength);
  if (bytes.toString('base64url') !== text || !checkSum(content).equals(bytes.subarray(0, checkLength))) throw refuse();
  const [foundVersion, foundOrder, ...values] = parseList(content);
  const matches = foundVersion === version && foundOrder === order && values.length === shape.length;
  if (!matches || !shape.every((kind, index) => fits[kind](values[index]))) throw refuse();
  return values as unknown as CursorValues<Shape>;
}

function checkSum(content: Buffer): Buffer {
  return createHash('sha256').update(content).digest().subarray(0, checkLength);
}

function parseList(content: Buffer): unknown[] {
  try {
    const value: unknown = JSON.parse(content.toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function refuse(): AppError {
  return new AppError('invalid_input', 'The cursor is not one that this list gave.', {
    violations: [
      { pointer: '/after', message: 'is not a cursor of this list in this order; take `next` of the page before as it is, or leave it out' },
    ],
  });
}
