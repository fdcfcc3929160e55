import { compileModel } from '../model/compile-model.ts';
import { aClass, label } from '../model/fixtures/small-model.ts';
import { isAuthorised, readNumbers } from './approval.ts';
import { isControlledChange } from './is-controlled.ts';

const text = { type: 'text' as const, label };
const model = compileModel({
  classes: [
    aClass('thing', { attributes: { os: text, note: text } }),
    aClass('server', { parent: 'thing', controlled: ['os', 'name'] }),
    aClass('blade', { parent: 'server' }),
    aClass('firewall', { parent: 'thing', controlled: ['*'] }),
  ],
  relationTypes: [],
});
const item = (itemClass: string, more = {}) => ({
  class: itemClass,
  name: 'one',
  attributes: { os: 'Astra 1.7', note: 'a' },
  lookups: ['one.corp'],
  state: 'active' as const,
  ...more,
});

describe('a change needs to be approved', () => {
  it.each([
    ['of a controlled attribute', 'server', { attributes: { os: 'Astra 1.8', note: 'a' } }, true],
    ['of one that an ancestor controls', 'blade', { attributes: { os: 'Astra 1.8', note: 'a' } }, true],
    ['that takes a controlled value away', 'server', { attributes: { note: 'a' } }, true],
    ['of another attribute', 'server', { attributes: { os: 'Astra 1.7', note: 'b' } }, false],
    ['of the name where that is controlled', 'server', { name: 'two' }, true],
    ['of the name where it is not', 'thing', { name: 'two' }, false],
    ['of the class', 'server', { class: 'thing' }, true],
    ['into a class that controls something', 'thing', { class: 'server' }, true],
    ['that puts it out of use', 'server', { state: 'retired' }, false],
    ['that puts it out of use where all is controlled', 'firewall', { state: 'retired' }, true],
    ['of any attribute where all is controlled', 'firewall', { attributes: { os: 'Astra 1.7', note: 'b' } }, true],
    ['that adds an address where all is controlled', 'firewall', { lookups: ['one.corp', '10.0.0.1'] }, false],
    ['that takes an address away where all is controlled', 'firewall', { lookups: [] }, true],
    ['of nothing', 'firewall', {}, false],
  ])('%s of a %s: %j → %s', (_, itemClass, change, expected) => {
    expect(isControlledChange(item(itemClass), { ...item(itemClass), ...change } as ReturnType<typeof item>, model)).toBe(expected);
  });

  it('not when a value comes to be known', () => {
    expect(isControlledChange(item('server', { attributes: {} }), item('server'), model)).toBe(false);
  });
});

describe('a change is approved', () => {
  const about = { number: 'CHG-000012', items: ['a', 'b'] };
  const general = { number: 'CHG-000013', items: [] };
  it.each([
    ['by a change under way that is about the item, named or not', ['a'], [], [about], true],
    ['by none that is about others', ['c'], ['CHG-000012'], [about], false],
    ['by one that says of no item when it is named', ['c'], ['CHG-000013'], [about, general], true],
    ['by none of these when it is not named', ['c'], [], [general], false],
    ['by a change about one end of a relation', ['c', 'b'], [], [about], true],
  ])('%s', (_, items, numbers, open, expected) => expect(isAuthorised(items, numbers, open)).toBe(expected));

  it.each([
    ['CHG-000012', ['CHG-000012']],
    ['Ночные работы (chg-000012, CHG-000013)', ['CHG-000012', 'CHG-000013']],
    ['CHG-000012 CHG-000012', ['CHG-000012']],
    ['XCHG-1A RACK-A1 2026-01-01', []],
    ['', []],
    [undefined, []],
  ])('by the numbers in %j: %j', (reason, numbers) => expect(readNumbers(reason)).toEqual(numbers));
});
