import fc from 'fast-check';
import type { Envelope } from '../bus/event.ts';
import { generateFixture } from './fixtures/generate-fixture.ts';
import { loadContract } from './load-contract.ts';

const made = generateFixture();
const contract = loadContract(made.folder);
afterAll(() => made.remove());

const lamp = 'opora.lamps.v1.Lamp';
const create = 'opora.lamps.v1.CreateLampRequest';
const id = '0197f0c4-1c2d-7a3b-9e4f-5a6b7c8d9e0f';

/** Each message as `pointer: message`. */
const told = (message: string, value: unknown) => contract.violations(message, value).map(({ pointer, message: text }) => `${pointer}: ${text}`);

describe('encoding', () => {
  const position = fc.record(
    { x: fc.double({ noNaN: true }), y: fc.double({ noNaN: true }), survey: fc.json() },
    { requiredKeys: ['x', 'y'], noNullPrototype: true },
  );
  const text = fc.string({ unit: 'grapheme' });
  const key = text.filter((name) => name !== '__proto__');
  const lamps = fc.record(
    {
      id: fc.uuid(),
      street: text,
      mode: fc.constantFrom('on', 'off', 'dim'),
      note: text,
      height: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      power: fc.double({ noNaN: true }),
      broken: fc.boolean(),
      tags: fc.array(text),
      hours: fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
      labels: fc.dictionary(key, text, { noNullPrototype: true }),
      position,
      shinesOn: fc.array(position),
      version: fc.nat(),
      maker: fc.json(),
      neighbours: fc.dictionary(key, position, { noNullPrototype: true }),
      smart: fc.boolean(),
      warnings: fc.array(text),
      tilt: fc.float({ noNaN: true }),
      bulbs: fc.nat({ max: 2 ** 32 - 1 }),
    },
    {
      noNullPrototype: true,
      requiredKeys: ['id', 'street', 'mode', 'height', 'power', 'broken', 'tags', 'hours', 'labels', 'shinesOn', 'neighbours', 'warnings', 'bulbs'],
    },
  );

  it('gives back the message that it was given: the same keys, the same values', () => {
    fc.assert(fc.property(lamps, (value) => expect(contract.decode(lamp, contract.encode(lamp, value))).toStrictEqual(value)));
  });

  it('tells an absent optional field, which has no key, from one that is given as zero, false or empty', () => {
    const decoded = contract.decode(lamp, contract.encode(lamp, { id, note: '', smart: false, tilt: 0, version: undefined }));
    expect(decoded).toMatchObject({ note: '', smart: false, tilt: 0 });
    expect(Object.keys(decoded)).not.toContain('version');
    expect(Object.keys(decoded)).not.toContain('position');
  });

  it('fills what has no presence with its default, so that a list is always a list', () => {
    expect(contract.decode(lamp, new Uint8Array())).toStrictEqual({
      id: '',
      street: '',
      mode: '',
      height: 0,
      power: 0,
      broken: false,
      tags: [],
      hours: [],
      labels: {},
      shinesOn: [],
      neighbours: {},
      warnings: [],
      bulbs: 0,
    });
  });

  it('lets no name in a map reach a prototype', () => {
    const labels = JSON.parse('{"__proto__": "x", "constructor": "y"}');
    const decoded = contract.decode(lamp, contract.encode(lamp, { id, labels })) as { labels: object };
    expect(Object.getPrototypeOf(decoded.labels)).toBe(Object.prototype);
    expect(({} as { x?: string }).x).toBeUndefined();
  });

  it('carries raw bytes', () => {
    const reading = 'opora.lamps.v1.TakeReadingRequest';
    const decoded = contract.decode(reading, contract.encode(reading, { payload: new Uint8Array([0, 255, 7]) })) as { payload: Uint8Array };
    expect([...decoded.payload]).toEqual([0, 255, 7]);
  });

  it('does not know a message that the contract does not have', () => {
    expect(() => contract.encode('opora.lamps.v1.Candle', {})).toThrow('The contract has no message opora.lamps.v1.Candle');
    expect(() => contract.violations('toString', {})).toThrow('The contract has no message toString');
    expect(() => contract.method('opora.lamps.v1.LampService', 'Candle')).toThrow('The contract has no method opora.lamps.v1.LampService/Candle');
  });
});

describe('validation', () => {
  it('passes what fits, and what decoding made of it', () => {
    const request = { street: 'Невский проспект', mode: 'on', position: { x: 1, y: 2.5 }, tags: ['old'], litAt: '2026-01-31T12:00:00.000Z' };
    expect(told(create, request)).toEqual([]);
    expect(told(create, contract.decode(create, contract.encode(create, request)))).toEqual([]);
  });

  it('tells all mistakes at once, each with its field, what is wrong and the way out', () => {
    const request = {
      mode: 'bright',
      position: { x: 'far', z: 3 },
      tags: ['old', 'OLD', 'a', 'b'],
      litAt: 'yesterday',
      broken: 'yes',
      neighbours: { left: { x: 1 } },
      'a/b': 1,
    };
    expect(told(create, request).sort()).toEqual([
      '/a~1b: a/b is not known here: leave it out, or use one of: street, mode, position, maker, tags, neighbours, litAt, broken, notes',
      '/broken: broken must be true or false',
      '/litAt: litAt must be a time with its zone as in RFC 3339, like 2026-01-31T12:00:00.000Z',
      '/mode: mode must be one of: on, off, dim',
      '/neighbours/left/y: neighbours.left.y is missing: give it a value',
      '/position/x: position.x must be a number',
      '/position/y: position.y is missing: give it a value',
      '/position/z: position.z is not known here: leave it out, or use one of: x, y, survey',
      '/street: street is missing: give it a value',
      '/tags/1: tags[1] must look like old',
      '/tags: tags must have at most 3 entries',
    ]);
  });

  it.each([
    ['', 'street must not be empty'],
    ['a very long name of a street', 'street must have at most 20 characters'],
    [7, 'street must be text'],
    [null, 'street must be text'],
    ['a\0b', 'street must not contain the character U+0000'],
  ])('refuses the street %j: %s', (street, message) => {
    expect(told(create, { street })).toEqual([`/street: ${message}`]);
  });

  it.each([[null], ['lamp'], [[]], [7], [undefined]])('refuses %j in place of a message', (value) => {
    expect(told(create, value)).toEqual([': the request must be an object']);
  });

  it('refuses numbers that would not survive their encoding', () => {
    expect(told('opora.lamps.v1.UpdateLampRequest', { lampId: id, expectedVersion: 3_000_000_000 })).toEqual([
      '/expectedVersion: expectedVersion must be 2147483647 or less',
    ]);
    expect(told('opora.lamps.v1.UpdateLampRequest', { lampId: id, expectedVersion: 1.5 })).toEqual([
      '/expectedVersion: expectedVersion must be a whole number',
    ]);
  });

  it('refuses a list that must not be empty, absent or given empty', () => {
    expect(told('opora.lamps.v1.CreateLampsRequest', {})).toEqual(['/lamps: lamps is missing: give it a value']);
    expect(told('opora.lamps.v1.CreateLampsRequest', { lamps: [] })).toEqual(['/lamps: lamps must not be empty']);
  });

  it('refuses in a request what only the system sets, but not the empty list that decoding put there', () => {
    const patternLamp = { id, street: 'Lenina', mode: 'on' };
    const request = (more: object) => told('opora.lamps.v1.UpdateLampRequest', { lampId: id, patternLamp: { ...patternLamp, ...more } });
    expect(request({ warnings: [] })).toEqual([]);
    expect(request({ version: 3, warnings: ['hot'] })).toEqual([
      '/patternLamp/version: patternLamp.version is set by the system: leave it out',
      '/patternLamp/warnings: patternLamp.warnings is set by the system: leave it out',
    ]);
    expect(told(lamp, { ...patternLamp, version: 3 })).toEqual([]);
  });

  it('knows bytes by their number', () => {
    const reading = 'opora.lamps.v1.TakeReadingRequest';
    expect(told(reading, { payload: new Uint8Array(10) })).toEqual([]);
    for (const payload of [new Uint8Array(11), new Uint8Array(0), 'text']) {
      expect(told(reading, { payload })).toEqual(['/payload: payload must be bytes of the allowed length']);
    }
  });

  it('tells at most a hundred mistakes of one request', () => {
    const noise = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, index]));
    expect(told(create, { street: 'Lenina', ...noise })).toHaveLength(100);
  });
});

describe('open JSON values', () => {
  const body = {
    street: 'Lenina',
    maker: { name: 'Свет', parts: [1, null] },
    position: { x: 1, y: 2, survey: [1] },
    notes: ['a', { b: 1 }],
    neighbours: { left: { x: 0, y: 0, survey: 0 } },
  };
  const message = {
    street: 'Lenina',
    maker: '{"name":"Свет","parts":[1,null]}',
    position: { x: 1, y: 2, survey: '[1]' },
    notes: ['"a"', '{"b":1}'],
    neighbours: { left: { x: 0, y: 0, survey: '0' } },
  };

  it('are text in the message and values in REST, wherever they stand', () => {
    expect(contract.fromJson(create, body)).toEqual(message);
    expect(contract.toJson(create, message)).toEqual(body);
    expect(told(create, message)).toEqual([]);
  });

  it('cost nothing where there are none', () => {
    const request = { lampId: id };
    expect(contract.fromJson('opora.lamps.v1.GetLampRequest', request)).toBe(request);
    expect(contract.toJson('opora.lamps.v1.GetLampRequest', request)).toBe(request);
  });

  it('leave what has the wrong shape for validation to tell', () => {
    expect(told(create, contract.fromJson(create, { street: 'Lenina', position: 'here', notes: 7, neighbours: [1] })).sort()).toEqual([
      '/neighbours: neighbours must be an object',
      '/notes: notes must be a list',
      '/position: position must be an object',
    ]);
  });

  it('are refused when they are nested deeper than a reader should follow, and survive a bottomless one', () => {
    const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    const refusal = ['/maker: maker must be a JSON value, nested at most 64 levels deep'];
    expect(told(create, contract.fromJson(create, { street: 'Lenina', maker: nested(64) }))).toEqual([]);
    expect(told(create, contract.fromJson(create, { street: 'Lenina', maker: nested(65) }))).toEqual(refusal);
    expect(told(create, contract.fromJson(create, { street: 'Lenina', maker: nested(100_000) }))).toEqual(refusal);
  });

  it.each(['', '{', '"\\u0000"', '[1,]'])('are refused by RPC too, when the text is %j', (maker) => {
    expect(told(create, { street: 'Lenina', maker })).toEqual(['/maker: maker must be a JSON value, nested at most 64 levels deep']);
  });
});

describe('an event', () => {
  const envelope = (data: object, type = 'opora.lamps.v1.LampLit'): Envelope => ({
    id,
    type,
    key: id,
    source: 'lamps',
    time: '2026-01-31T12:00:00.000Z',
    data,
  });

  it('is taken from a newer sender with fields that are not known here, and from an older one without those that are', () => {
    const newer = envelope({ lampId: id, tags: ['a'], count: 1, colour: 'red', position: { x: 1, y: 2, z: 3 } });
    expect(() => contract.checkEvent(newer)).not.toThrow();
    const older = envelope({ lampId: id });
    contract.checkEvent(older);
    expect(older.data).toEqual({ lampId: id, tags: [], count: 0 });
  });

  it('is refused when its data does not fit, with every fault', () => {
    expect(() => contract.checkEvent(envelope({ lampId: 'seven', count: 'many' }))).toThrow(
      expect.objectContaining({
        kind: 'invalid_input',
        violations: [
          { pointer: '/lampId', message: expect.stringContaining('lampId must be a UUID') },
          { pointer: '/count', message: 'count must be a whole number' },
        ],
      }),
    );
  });

  it('is refused when the contract does not know it', () => {
    expect(() => contract.checkEvent(envelope({}, lamp))).toThrow(expect.objectContaining({ kind: 'invalid_input' }));
  });
});
