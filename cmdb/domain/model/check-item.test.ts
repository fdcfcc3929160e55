import fc from 'fast-check';
import { checkItem } from './check-item.ts';
import { compileModel } from './compile-model.ts';
import { aClass, label, smallModel } from './fixtures/small-model.ts';
import type { AttributeDefinition } from './model.ts';

const model = compileModel(smallModel);
const modelOf = (attribute: Omit<AttributeDefinition, 'label'>) =>
  compileModel({ classes: [aClass('thing', { attributes: { x: { label, ...attribute } } })], relationTypes: [] });

/** What becomes of one value: its one form, or what is said against it. */
function judge(attribute: Omit<AttributeDefinition, 'label'>, value: unknown): unknown {
  const { attributes, violations } = checkItem(modelOf(attribute), { class: 'thing', attributes: { x: value } });
  return violations.length > 0 ? violations : attributes['x'];
}

describe('a value', () => {
  it.each([
    ['text', { type: 'text' }, '  Ёлка\u0301 ', 'Ёлка\u0301'],
    ['a serial number that came as a number', { type: 'text' }, 40012, '40012'],
    ['a whole number as text', { type: 'integer' }, ' 16 ', 16],
    ['a number', { type: 'decimal' }, '-7.50', -7.5],
    ['yes', { type: 'boolean' }, 'TRUE', true],
    ['a date', { type: 'date' }, '2028-02-29', '2028-02-29'],
    ['a moment', { type: 'time' }, '2026-03-01T12:00:00+03:00', '2026-03-01T09:00:00.000Z'],
    ['a choice in other letters', { type: 'choice', values: [{ value: 'hotStandby', label }] }, 'HOTSTANDBY', 'hotStandby'],
    ['an address', { type: 'ip' }, '10.0.0.5', '10.0.0.5'],
    ['an address of IPv6', { type: 'ip' }, '2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['an address of IPv4 in IPv6', { type: 'ip' }, '::FFFF:10.0.0.5', '::ffff:a00:5'],
    ['a MAC address', { type: 'mac' }, '001B.6384.45E6', '00:1b:63:84:45:e6'],
    ['a mail address', { type: 'mail' }, 'IT@Example.org', 'it@example.org'],
    ['a link', { type: 'link' }, 'https://example.org/a?b=c', 'https://example.org/a?b=c'],
    ['an item', { type: 'item' }, '0198C3A4-5B6C-7D8E-9F00-112233445566', '0198c3a4-5b6c-7d8e-9f00-112233445566'],
    ['anything', { type: 'json' }, { a: [1] }, { a: [1] }],
    ['a list', { type: 'ip', list: true }, ['10.0.0.5', '::1'], ['10.0.0.5', '::1']],
  ] as [string, Omit<AttributeDefinition, 'label'>, unknown, unknown][])('has one form: %s', (_, attribute, value, normal) => {
    expect(judge(attribute, value)).toEqual(normal);
    expect(judge(attribute, normal)).toEqual(normal);
  });

  it.each([
    ['text', { type: 'text' }, { a: 1 }, 'must be text'],
    ['text that is too long', { type: 'text', maxLength: 3 }, 'abcd', 'longer than 3'],
    ['text of another form', { type: 'text', pattern: '\\d+' }, '12a', 'must match \\d+'],
    ['text that would keep a pattern busy', { type: 'text', pattern: '(a+)+' }, 'a'.repeat(1_001), 'longer than 1000'],
    ['half a number', { type: 'integer' }, 1.5, 'a whole number'],
    ['a number with a comma', { type: 'decimal' }, '1,5', 'must be a number'],
    ['a number that is too small', { type: 'integer', minimum: 0 }, -1, 'less than 0'],
    ['a number that is too big', { type: 'decimal', maximum: 14 }, 15, 'more than 14'],
    ['maybe', { type: 'boolean' }, 'maybe', 'true or false'],
    ['a date that is not in the calendar', { type: 'date' }, '2026-02-29', 'a date'],
    ['a date as people write it', { type: 'date' }, '30.06.2026', 'a date'],
    ['a moment without a zone', { type: 'time' }, '2026-03-01T12:00:00', 'with its zone'],
    ['no choice', { type: 'choice', values: [{ value: 'a', label }] }, 'b', 'one of a'],
    ['an octal address', { type: 'ip' }, '10.0.0.05', 'IPv4 or IPv6'],
    ['an address of nine groups', { type: 'ip' }, '1:2:3:4:5:6:7:8:9', 'IPv4 or IPv6'],
    ['an address with two gaps', { type: 'ip' }, '1::2::3', 'IPv4 or IPv6'],
    ['a MAC address that is too short', { type: 'mac' }, '00:1b:63', 'a MAC address'],
    ['a mail address without a host', { type: 'mail' }, 'it@', 'a mail address'],
    ['a link that runs something', { type: 'link' }, 'javascript:alert(1)', 'https://'],
    ['a name in place of an item', { type: 'item' }, 'db-1', 'a UUID'],
    ['one in place of many', { type: 'ip', list: true }, '10.0.0.5', 'an array'],
  ] as [string, Omit<AttributeDefinition, 'label'>, unknown, string][])('is refused: %s', (_, attribute, value, message) => {
    expect(judge(attribute, value)).toEqual([{ pointer: '/attributes/x', message: expect.stringContaining(message) }]);
  });

  it('is told by its place in a list', () => {
    expect(judge({ type: 'integer', list: true }, [1, 'x', 3, {}])).toMatchObject([{ pointer: '/attributes/x/1' }, { pointer: '/attributes/x/3' }]);
  });

  it('of an address is what it was when it is written out and read again', () => {
    const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, (address) => {
        const normal = judge({ type: 'ip' }, address.map((group) => group.toString(16).toUpperCase().padStart(4, '0')).join(':')) as string;
        expect(judge({ type: 'ip' }, normal)).toBe(normal);
        const [head = [], tail = []] = normal.split('::').map((half) => half.split(':').filter(Boolean));
        const gap = normal.includes('::') ? new Array<string>(8 - head.length - tail.length).fill('0') : [];
        expect([...head, ...gap, ...tail].map((group) => Number.parseInt(group, 16))).toEqual(address);
      }),
    );
  });
});

describe('an item', () => {
  const check = (attributes: Record<string, unknown>, options = {}) => checkItem(model, { class: 'server', attributes }, options);

  it('keeps what its class does not know, and says so', () => {
    expect(check({ memoryGb: '64', colour: { deep: true } })).toEqual({
      attributes: { memoryGb: 64, colour: { deep: true }, lifecycleState: 'planned' },
      violations: [],
      unknown: ['colour'],
    });
  });

  it('is told all that is wrong with it, where it stands', () => {
    expect(
      check({ memoryGb: 0, serialNumber: 'x'.repeat(41), environment: 'moon' }, { at: '/items/3' }).violations.map(({ pointer }) => pointer),
    ).toEqual(['/items/3/attributes/memoryGb', '/items/3/attributes/serialNumber', '/items/3/attributes/environment']);
  });

  it('is of no class that is unknown or abstract', () => {
    expect(checkItem(model, { class: 'spaceship', attributes: {} }).violations).toMatchObject(
      [{ pointer: '/class', message: /no class/ }].map(({ pointer }) => ({ pointer })),
    );
    expect(checkItem(model, { class: 'thing', attributes: {} }, { at: '/items/0' }).violations).toEqual([
      { pointer: '/items/0/class', message: '"thing" is abstract: take one of its subclasses: server, machine, place' },
    ]);
  });

  describe('with something required and a default', () => {
    const strict = compileModel({
      classes: [aClass('thing', { attributes: { a: { type: 'text', label, required: true }, b: { type: 'integer', label, default: 7 } } })],
      relationTypes: [],
    });
    const judged = (attributes: Record<string, unknown>, partial: boolean) => checkItem(strict, { class: 'thing', attributes }, { partial });

    it('has it when it is whole, and need not when it is only changed', () => {
      expect(judged({}, false)).toMatchObject({ attributes: { b: 7 }, violations: [{ pointer: '/attributes/a', message: 'is required' }] });
      expect(judged({ a: ' ', b: null }, false)).toMatchObject({ attributes: { b: 7 }, violations: [{ pointer: '/attributes/a' }] });
      expect(judged({ a: 'x', b: 1 }, false)).toMatchObject({ attributes: { a: 'x', b: 1 }, violations: [] });
      expect(judged({ b: '' }, true)).toEqual({ attributes: { b: null }, violations: [], unknown: [] });
    });

    it('cannot be robbed of what is required', () => {
      expect(judged({ a: null }, true).violations).toMatchObject([{ pointer: '/attributes/a' }]);
    });
  });

  it('may have an attribute whose name means something to JavaScript', () => {
    const attributes = JSON.parse('{"__proto__": {"a": 1}, "constructor": "x"}') as Record<string, unknown>;
    const { attributes: kept, unknown } = check(attributes);
    expect(Object.entries(kept)).toEqual([...Object.entries(attributes), ['lifecycleState', 'planned']]);
    expect(unknown).toEqual(['__proto__', 'constructor']);
  });

  it('is the same when it is checked again, whatever it was', () => {
    const values = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constantFrom('production', 'TEST', '10.0.0.1', ' 5 ', null),
      fc.array(fc.string()),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('memoryGb', 'serialNumber', 'environment', 'addresses', 'colour'), values),
        fc.boolean(),
        (given, partial) => {
          const once = check(given, { partial });
          if (once.violations.length === 0) expect(check(once.attributes, { partial })).toEqual(once);
        },
      ),
    );
  });
});
