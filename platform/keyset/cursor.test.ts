import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { AppError } from '../errors/app-error.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const id = '019a0b1c-0000-7000-8000-00000000abcd';
const moment = '2026-03-01T10:00:00.123Z';
const page = encodeCursor([moment, id], '-createdAt');

/** A cursor with a right check sum round any content, as somebody who read our source could make it. */
function forge(content: string): string {
  const bytes = Buffer.from(content);
  return Buffer.concat([createHash('sha256').update(bytes).digest().subarray(0, 8), bytes]).toString('base64url');
}

function refusal(text: string): AppError | undefined {
  try {
    decodeCursor(text, ['time', 'uuid'], '-createdAt');
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

describe('a cursor', () => {
  it('gives back the values of the last row', () => {
    expect(decodeCursor(page, ['time', 'uuid'], '-createdAt')).toEqual([moment, id]);
    const values = fc.tuple(
      fc.string().filter((text) => !text.includes('\0')),
      fc.integer(),
    );
    fc.assert(
      fc.property(values, (pair) => {
        expect(decodeCursor(encodeCursor(pair, 'name'), ['string', 'number'], 'name')).toEqual(pair);
      }),
    );
  });

  it('is safe in a URL', () => {
    expect(page).toMatch(/^[\w-]+$/);
  });

  it('is refused after any change of a character', () => {
    for (let index = 0; index < page.length; index++) {
      const other = page[index] === 'A' ? 'B' : 'A';
      expect(refusal(page.slice(0, index) + other + page.slice(index + 1))?.violations[0]?.pointer).toBe('/after');
    }
  });

  it.each([
    ['text', "' or 1=1 --"],
    ['nothing', ''],
    ['another order', encodeCursor([moment, id], 'createdAt')],
    ['fewer values', encodeCursor([moment], '-createdAt')],
    ['SQL in place of a time', encodeCursor(['now(); drop table ticket', id], '-createdAt')],
    ['an impossible time', encodeCursor(['2026-13-41T10:00:00.000Z', id], '-createdAt')],
    ['the year 0, which PostgreSQL does not know', encodeCursor(['0000-01-01T00:00:00.000Z', id], '-createdAt')],
    ['SQL in place of an id', encodeCursor([moment, "'; select 1"], '-createdAt')],
    ['an object', forge(JSON.stringify([1, '-createdAt', {}, id]))],
    ['another version', forge(JSON.stringify([2, '-createdAt', moment, id]))],
    ['no JSON', forge('{[')],
    ['no list', forge('null')],
  ])('made of %s is refused as invalid input', (_, text) => {
    expect(refusal(text)?.kind).toBe('invalid_input');
  });

  it.each([2 ** 31, 1.5, 1e300])('with %d, which is no int of PostgreSQL, is refused', (number) => {
    expect(() => decodeCursor(encodeCursor([number], '-version'), ['number'], '-version')).toThrow(AppError);
  });
});
