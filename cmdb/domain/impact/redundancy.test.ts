import { neededOf, readRedundancy } from './redundancy.ts';

describe('redundancy', () => {
  it('is read by type of relation: the first entry for a type counts, and what has another form says nothing', () => {
    expect(readRedundancy(['part_of:2', 'runs_on:50%', 'part_of:3', 'supplies:0', 'supplies', 'Supplies:1', 'supplies:101%', 7, null])).toEqual(
      new Map([
        ['part_of', { count: 2 }],
        ['runs_on', { share: 0.5 }],
      ]),
    );
    for (const nothing of [undefined, null, 'part_of:2', { part_of: 2 }]) expect(readRedundancy(nothing).size).toBe(0);
  });

  it.each([
    ['part_of:2', 3, 2],
    ['part_of:2', 1, 2],
    ['part_of:50%', 3, 2],
    ['part_of:50%', 4, 2],
    ['part_of:55%', 20, 11],
    ['part_of:1%', 5, 1],
    ['part_of:100%', 7, 7],
  ])('%s of %i members needs %i', (entry, members, needed) => {
    const need = readRedundancy([entry]).get('part_of');
    expect(need && neededOf(need, members)).toBe(needed);
  });
});
