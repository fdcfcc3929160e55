import fc from 'fast-check';
import { type Line, readLines } from './ndjson.ts';

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

async function read(text: string | Uint8Array, { sizes = [1_000_000], longest = 100 } = {}): Promise<[number, string][]> {
  const lines: [number, string][] = [];
  for await (const { number, bytes } of readLines(chunksOf(Buffer.from(text), sizes), longest)) lines.push([number, Buffer.from(bytes).toString()]);
  return lines;
}

describe('lines of a body', () => {
  it('are found wherever chunks are cut, also in the middle of a character', async () => {
    const text = '{"a":"ё🚱"}\n\r\n  \t\n{"b":2}\r\n{"c":3}';
    const whole = await read(text);
    expect(whole.map(([number, line]) => [number, JSON.parse(line)])).toEqual([
      [1, { a: 'ё🚱' }],
      [4, { b: 2 }],
      [5, { c: 3 }],
    ]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), async (sizes) => {
        expect(await read(text, { sizes })).toEqual(whole);
      }),
    );
  });

  it('may be none', async () => {
    for (const nothing of ['', '\n', '\r\n \n', '\ufeff', '\ufeff\n']) expect(await read(nothing)).toEqual([]);
  });

  it('begin after a byte order mark, which may come byte by byte', async () => {
    expect(await read('\ufeff{}\n{}', { sizes: [1] })).toEqual([
      [1, '{}'],
      [2, '{}'],
    ]);
  });

  it('may have exactly their limit, and not one byte more', async () => {
    const line = 'x'.repeat(100);
    expect(await read(`${line}\n${line}`, { sizes: [7] })).toHaveLength(2);
    await expect(read(`${line}\n${line}x\n{}`, { sizes: [7] })).rejects.toMatchObject({
      kind: 'payload_too_large',
      message: 'Line 2 has more than 100 bytes. Send it in smaller parts.',
      violations: [{ line: 2, pointer: '' }],
    });
  });

  it('without end are refused when their limit is reached, not when they end', async () => {
    let made = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        made += 10;
        yield Buffer.alloc(10, 'x');
      }
    }
    const all: Line[] = [];
    const reading = async () => {
      for await (const line of readLines(endless(), 100)) all.push(line);
    };
    await expect(reading()).rejects.toMatchObject({ kind: 'payload_too_large' });
    expect(made).toBeLessThan(130);
  });
});
