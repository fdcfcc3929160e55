import { etagOf, isUnchanged, readExpectedVersion, readIdempotencyKey } from './conditional.ts';
import { HttpRefusal } from './problem.ts';

function kindOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof HttpRefusal) return error.kind;
    throw error;
  }
  return undefined;
}

describe('If-Match', () => {
  it('takes the ETag of a version, strong or weak', () => {
    expect(readExpectedVersion('"3"')).toBe(3);
    expect(readExpectedVersion('W/"12"')).toBe(12);
  });

  it('is needed', () => {
    expect(kindOf(() => readExpectedVersion(undefined))).toBe('precondition_required');
  });

  it.each(['*', '3', '"x"', '"3", "4"', '"0"', '"-1"', '', '"99999999999"'])('%s is no ETag of ours', (header) => {
    expect(kindOf(() => readExpectedVersion(header))).toBe('malformed');
  });
});

describe('If-None-Match', () => {
  it('finds the present version among those that the reader has', () => {
    expect(isUnchanged('"2", W/"3"', '"3"')).toBe(true);
    expect(isUnchanged('*', '"3"')).toBe(true);
    expect(isUnchanged('"2"', '"3"')).toBe(false);
    expect(isUnchanged(undefined, '"3"')).toBe(false);
    expect(isUnchanged('*', undefined)).toBe(false);
  });
});

describe('an ETag', () => {
  it('is the version of an object, and a list has none', () => {
    expect(etagOf({ id: 'x', version: 7 })).toBe('"7"');
    expect(etagOf({ items: [] })).toBeUndefined();
  });
});

describe('Idempotency-Key', () => {
  it('is up to 200 printable characters', () => {
    expect(readIdempotencyKey({ 'idempotency-key': 'order 17/2026' })).toBe('order 17/2026');
    expect(readIdempotencyKey({})).toBeUndefined();
    for (const key of ['', 'x'.repeat(201), 'ключ', 'a\tb']) expect(kindOf(() => readIdempotencyKey({ 'idempotency-key': key }))).toBe('malformed');
  });
});
