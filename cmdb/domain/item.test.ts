import type { AppError } from '../../platform/errors/app-error.ts';
import { readAttributes } from './attributes.ts';
import { applyPatch, type ItemState, listNames, newItem, readRecords, reviseItem } from './item.ts';
import { compileModel } from './model/compile-model.ts';
import { aClass, label } from './model/fixtures/small-model.ts';

const item: ItemState = newItem(
  { id: 'a', source: 'vcenter', key: 'vm-1' },
  { class: 'server', name: 'db-1', attributes: { cores: 8, tags: { b: 1, a: 2 } }, lookups: ['10.0.0.5'] },
  1_000,
);
const model = compileModel({
  classes: [
    aClass('server', { attributes: { cores: { type: 'integer', label, maximum: 128 }, serialNumber: { type: 'text', label } } }),
    aClass('printer', { attributes: { cores: { type: 'integer', label, maximum: 4 }, pages: { type: 'integer', label, default: 0 } } }),
    aClass('thing', { abstract: true }),
  ],
  relationTypes: [],
});
const patch = { addLookups: [], removeLookups: [] };

describe('the next version of an item', () => {
  it('is not made when the facts say the same in another order', () => {
    expect(reviseItem(item, { attributes: { tags: { a: 2, b: 1 }, cores: 8 }, lookups: ['10.0.0.5'], state: 'active' }, 2_000)).toBeUndefined();
  });

  it('keeps what the facts leave out', () => {
    expect(reviseItem(item, { name: 'db-2' }, 2_000)).toEqual({ ...item, name: 'db-2', version: 2, updatedAt: 2_000 });
  });

  it('never begins before the one before it, also when its moment lies in the past', () => {
    expect(reviseItem(item, { name: 'db-2' }, 500)?.updatedAt).toBe(1_000);
  });

  it('is made when a retired item is spoken of again', () => {
    const retired = { ...item, state: 'retired' as const };
    expect(reviseItem(retired, { class: 'server', name: 'db-1', state: 'active' }, 2_000)).toMatchObject({ state: 'active', version: 2 });
  });
});

describe('a change by a person', () => {
  it('sets and removes single attributes', () => {
    const { facts, violations } = applyPatch(item, { ...patch, attributes: '{"cores": " 16 ", "tags": null, "serial": null}' }, model);
    expect([facts.attributes, violations]).toEqual([{ cores: 16 }, []]);
  });

  it('is judged by what it changes, and by all that there is when the class changes', () => {
    const broken = { ...item, attributes: { cores: 1_000 } };
    expect(applyPatch(broken, { ...patch, name: 'x' }, model).violations).toEqual([]);
    expect(applyPatch(broken, { ...patch, attributes: '{"serialNumber": "S1"}' }, model).violations).toEqual([]);
    expect(applyPatch(broken, { ...patch, attributes: '{"cores": -1, "serialNumber": {}}' }, model).violations.map(({ pointer }) => pointer)).toEqual(
      ['/attributes/serialNumber'],
    );
    expect(applyPatch(item, { ...patch, class: 'printer' }, model).violations.map(({ pointer }) => pointer)).toEqual(['/attributes/cores']);
    expect(applyPatch(item, { ...patch, class: 'printer', attributes: '{"cores": 1}' }, model).facts.attributes).toEqual({
      cores: 1,
      tags: { a: 2, b: 1 },
      pages: 0,
    });
    expect(applyPatch(item, { ...patch, class: 'thing' }, model).violations.map(({ pointer }) => pointer)).toEqual(['/class']);
  });

  it('adds and removes single lookups, whatever their letter case', () => {
    const { facts } = applyPatch({ ...item, lookups: ['DB-1.corp', '10.0.0.5'] }, { addLookups: ['10.0.0.6'], removeLookups: ['db-1.CORP'] }, model);
    expect(facts.lookups).toEqual(['10.0.0.5', '10.0.0.6']);
  });
});

describe('the records of a source', () => {
  const record = { key: 'vm-1', class: 'server', name: 'db-1', lookups: [] };

  it('are judged together, with all that is wrong with any of them', () => {
    const { violations } = readRecords(
      [
        record,
        { ...record, class: 'spaceship' },
        { ...record, key: 'vm-2', attributes: '[1]' },
        { ...record, key: 'vm-3', attributes: '{"cores": "many"}' },
      ],
      model,
    );
    expect(violations.map(({ pointer }) => pointer)).toEqual(['/items/1/key', '/items/1/class', '/items/2/attributes', '/items/3/attributes/cores']);
  });

  it('leave attributes as they are when they say nothing of them, and lookups as they say', () => {
    const [facts] = readRecords([{ ...record, lookups: ['B', 'a', 'b ', ''] }], model).facts;
    expect(facts).toEqual({ key: 'vm-1', class: 'server', name: 'db-1', lookups: ['a', 'b'], state: 'active' });
  });
});

describe('the names under which an item is found', () => {
  it('are its name and its lookups, and a lookup counts for more', () => {
    expect([...listNames({ name: 'Счётчик-1', lookups: ['DB-1', 'db-1.corp'], state: 'active' })]).toEqual([
      ['счетчик-1', { ownName: true }],
      ['db-1', { ownName: false }],
      ['db-1.corp', { ownName: false }],
    ]);
    expect(listNames({ name: 'db-1', lookups: ['DB-1'], state: 'active' }).get('db-1')).toEqual({ ownName: false });
  });

  it('are none once it is retired', () => {
    expect(listNames({ ...item, state: 'retired' }).size).toBe(0);
  });
});

describe('attributes', () => {
  it.each([
    ['a list', '[1]', /object/],
    ['text', '"a"', /object/],
    ['half of a surrogate pair', '{"a": ["\\ud800"]}', /surrogate/],
    ['a value nested too deep', `{"a": ${'['.repeat(20)}${']'.repeat(20)}}`, /deeper/],
    ['too much of it', `{"a": "${'x'.repeat(70_000)}"}`, /longer/],
  ])('refuse %s', (_, text, message) => {
    try {
      readAttributes(text, '/attributes');
    } catch (error) {
      expect((error as AppError).violations).toEqual([{ pointer: '/attributes', message: expect.stringMatching(message) }]);
      return;
    }
    throw new Error('It was not refused.');
  });

  it('may have a name that means something to JavaScript', () => {
    const attributes = readAttributes('{"__proto__": {"a": 1}, "b": 2}', '/attributes');
    expect(
      reviseItem({ ...item, attributes }, { attributes: readAttributes('{"b": 2, "__proto__": {"a": 2}}', '/attributes') }, 2_000)?.version,
    ).toBe(2);
  });
});
