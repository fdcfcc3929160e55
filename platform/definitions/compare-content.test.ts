import fc from 'fast-check';
import { compareContent, mergeContent } from './compare-content.ts';

const base = { title: 'Лампа', states: { on: { phase: 'lit' }, off: { phase: 'dark' } }, steps: ['on', 'off'] };

describe('the differences between two contents', () => {
  it('are told key by key, and lists as a whole', () => {
    const after = { ...base, states: { on: { phase: 'bright' }, dim: { phase: 'lit' } }, steps: ['on', 'dim'] };
    expect(compareContent(base, after)).toEqual([
      { pointer: '/states/on/phase', before: 'lit', after: 'bright' },
      { pointer: '/states/off', before: { phase: 'dark' } },
      { pointer: '/states/dim', after: { phase: 'lit' } },
      { pointer: '/steps', before: ['on', 'off'], after: ['on', 'dim'] },
    ]);
  });

  it('are none for what differs only in the order of keys', () => {
    expect(compareContent({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toEqual([]);
  });
});

describe('two contents made of one', () => {
  it('come together where they changed different things', () => {
    const mine = { ...base, title: 'Фонарь' };
    const theirs = { ...base, states: { on: { phase: 'lit' }, dim: { phase: 'lit' } } };
    expect(mergeContent(base, mine, theirs)).toEqual({ content: { ...theirs, title: 'Фонарь' }, conflicts: [] });
  });

  it('conflict where they changed the same thing differently, each told by its place', () => {
    const mine = { ...base, title: 'Фонарь', states: { on: { phase: 'bright' }, off: { phase: 'dark' } } };
    const theirs = { ...base, title: 'Светильник', states: { on: { phase: 'dim' }, off: { phase: 'dark' } } };
    expect(mergeContent(base, mine, theirs).conflicts).toEqual(['/title', '/states/on/phase']);
    expect(mergeContent(base, { ...base, states: { off: { phase: 'dark' } } }, theirs).conflicts).toEqual(['/states/on']);
  });

  it('lose nothing of either, whatever they are', () => {
    const content = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(fc.integer({ max: 3, min: 0 }), fc.dictionary(fc.constantFrom('x', 'y'), fc.integer({ max: 3, min: 0 }))),
    );
    fc.assert(
      fc.property(content, content, content, (one, mine, theirs) => {
        const { content: merged, conflicts } = mergeContent(one, mine, theirs);
        if (conflicts.length > 0) return;
        const kept = new Map(compareContent(one, merged).map(({ pointer, after }) => [pointer, after]));
        for (const { pointer, after } of [...compareContent(one, mine), ...compareContent(one, theirs)]) {
          expect([pointer, kept.get(pointer)]).toEqual([pointer, after]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
