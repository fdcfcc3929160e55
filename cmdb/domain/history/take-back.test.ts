import fc from 'fast-check';
import { toCanonicalText } from '../attributes.ts';
import { diffItems } from './diff-items.ts';
import { type KnownFacts, takeBack } from './take-back.ts';

const facts = (more: Partial<KnownFacts> = {}): KnownFacts => ({
  class: 'server',
  name: 'db-1',
  attributes: { memory: 64, owner: 'Иванов' },
  lookups: ['10.0.0.1'],
  state: 'active',
  ...more,
});

describe('what differs between two states of an item', () => {
  test('is nothing when only the order of keys does', () => {
    expect(diffItems(facts({ attributes: { a: { x: 1, y: 2 } } }), facts({ attributes: { a: { y: 2, x: 1 } } }))).toEqual([]);
  });
  test('names attributes that came, went and changed', () => {
    const after = facts({ name: 'db-2', attributes: { memory: 128, rack: 'A3' } });
    expect(diffItems(facts(), after)).toEqual([
      { field: 'name', before: 'db-1', after: 'db-2' },
      { field: 'attributes.memory', before: 64, after: 128 },
      { field: 'attributes.owner', before: 'Иванов', after: undefined },
      { field: 'attributes.rack', before: undefined, after: 'A3' },
    ]);
  });
});

describe('taking a change back', () => {
  test('gives what was before when nobody changed anything since', () => {
    const after = facts({ attributes: { memory: 128 }, name: 'db-9' });
    expect(takeBack(facts(), after, after)).toEqual({ facts: facts(), kept: [] });
  });
  test('leaves alone what somebody changed since, and says so', () => {
    const after = facts({ attributes: { memory: 128, owner: 'Петров' } });
    const now = facts({ attributes: { memory: 128, owner: 'Сидоров', rack: 'A3' } });
    expect(takeBack(facts(), after, now)).toEqual({
      facts: facts({ attributes: { memory: 64, owner: 'Сидоров', rack: 'A3' } }),
      kept: ['attributes.owner'],
    });
  });
  test('puts out of use what it brought into being, unless somebody worked on it since', () => {
    expect(takeBack(undefined, facts(), facts())).toEqual({ facts: facts({ state: 'retired' }), kept: [] });
    expect(takeBack(undefined, facts(), facts({ name: 'renamed' }))).toEqual({ facts: facts({ name: 'renamed' }), kept: ['name'] });
  });
  test('of any change that was the last one gives exactly what was before', () => {
    const attributes = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.oneof(fc.integer(), fc.string(), fc.boolean()));
    const state = fc.record({ attributes, name: fc.constantFrom('x', 'y') });
    fc.assert(
      fc.property(state, state, (one, other) => {
        const [before, after] = [facts(one), facts(other)];
        const { facts: back, kept } = takeBack(before, after, after);
        expect(kept).toEqual([]);
        expect(toCanonicalText(back)).toBe(toCanonicalText(before));
      }),
    );
  });
});
