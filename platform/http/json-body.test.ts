import { parseJson } from './json-body.ts';
import { HttpRefusal } from './problem.ts';

const { jest } = import.meta;

function refusal(bytes: Uint8Array | string): HttpRefusal {
  try {
    parseJson(Buffer.from(bytes as string));
  } catch (error) {
    if (error instanceof HttpRefusal) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a JSON body', () => {
  it('is read in UTF-8, with or without a byte order mark', () => {
    expect(parseJson(Buffer.from('{"subject":"Принтер"}'))).toEqual({ subject: 'Принтер' });
    expect(parseJson(Buffer.from('\ufeff{"a":[1,"]["]}'))).toEqual({ a: [1, ']['] });
  });

  it('may be 32 levels deep and no deeper', () => {
    expect(parseJson(Buffer.from('['.repeat(32) + ']'.repeat(32)))).toHaveLength(1);
    expect(refusal('['.repeat(33) + ']'.repeat(33)).message).toContain('32 levels');
  });

  it('of a million brackets is refused without being parsed', () => {
    const parse = jest.spyOn(JSON, 'parse');
    expect(refusal('{"a":'.repeat(200_000)).message).toContain('32 levels');
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  it('does not count brackets that stand in text', () => {
    expect(parseJson(Buffer.from(JSON.stringify(`\\"${'['.repeat(100)}`)))).toBe(`\\"${'['.repeat(100)}`);
  });

  it.each([
    ['broken UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22]), 'UTF-8'],
    ['a UTF-16 text', Buffer.from('{"a":1}', 'utf16le'), 'not JSON'],
    ['half a document', '{"a":', 'not JSON'],
    ['nothing but spaces', '  ', 'not JSON'],
  ])('with %s is refused', (_, bytes, message) => {
    expect(refusal(bytes).message).toContain(message);
  });

  it.each([
    ['__proto__', '{"a":{"__proto__":{"admin":true}}}', '/a/__proto__'],
    ['__proto__ written with escapes', '{"\\u005f_proto__":1}', '/__proto__'],
    ['U+0000', '{"list":["x\\u0000"]}', '/list/0'],
    ['half a surrogate pair', '{"a/b":"\\ud83d"}', '/a~1b'],
  ])('with %s is refused by name', (_, text, pointer) => {
    expect(refusal(text).violations.map((violation) => violation.pointer)).toEqual([pointer]);
  });

  it('names all bad texts at once', () => {
    expect(refusal('{"a":"\\u0000","b":["\\u0000"]}').violations).toHaveLength(2);
  });
});
