import fc from 'fast-check';
import { assignIdentifiers } from './assign-identifiers.ts';

const host = (value: string) => ({ scheme: 'hostname', value });

describe('who has an identifier', () => {
  it('is who says it', () => {
    expect(assignIdentifiers(new Map(), [{ itemId: 'a', before: [], after: [host('db-1')] }])).toEqual([{ ...host('db-1'), itemIds: ['a'] }]);
  });

  it('is told only where it changes', () => {
    const claims = new Map([['hostname db-1', ['a']]]);
    expect(assignIdentifiers(claims, [{ itemId: 'a', before: [host('db-1')], after: [host('db-1')] }])).toEqual([]);
  });

  it('are two items when both say it, until one gives it up', () => {
    const [shared] = assignIdentifiers(new Map([['hostname db-1', ['b']]]), [{ itemId: 'a', before: [], after: [host('db-1')] }]);
    expect(shared).toEqual({ ...host('db-1'), itemIds: ['a', 'b'] });
    expect(assignIdentifiers(new Map([['hostname db-1', ['a', 'b']]]), [{ itemId: 'b', before: [host('db-1')], after: [] }])).toEqual([
      { ...host('db-1'), itemIds: ['a'] },
    ]);
  });

  it('changes hands without being shared when two items exchange it in one page', () => {
    const claims = new Map([
      ['hostname db-1', ['a']],
      ['hostname db-2', ['b']],
    ]);
    const changes = [
      { itemId: 'a', before: [host('db-1')], after: [host('db-2')] },
      { itemId: 'b', before: [host('db-2')], after: [host('db-1')] },
    ];
    expect(assignIdentifiers(claims, changes)).toEqual([
      { ...host('db-1'), itemIds: ['b'] },
      { ...host('db-2'), itemIds: ['a'] },
    ]);
  });

  it('does not depend on the order of the changes, nor on how they are cut into pages', () => {
    const words = fc.subarray(['x', 'y', 'z']);
    const turns = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), words), { maxLength: 6 });
    fc.assert(
      fc.property(turns, (steps) => {
        const last = new Map(steps);
        const said = new Map<string, readonly string[]>();
        const claims = new Map<string, readonly string[]>();
        for (const [itemId, after] of steps) {
          const change = { itemId, before: (said.get(itemId) ?? []).map(host), after: after.map(host) };
          for (const { value, itemIds } of assignIdentifiers(claims, [change])) claims.set(`hostname ${value}`, itemIds);
          said.set(itemId, after);
        }
        const together = assignIdentifiers(
          new Map(),
          [...last].reverse().map(([itemId, after]) => ({ itemId, before: [], after: after.map(host) })),
        );
        const held = (entries: Iterable<readonly [string, readonly string[]]>) =>
          Object.fromEntries([...entries].filter(([, ids]) => ids.length > 0).sort());
        expect(held(claims)).toEqual(held(together.map(({ value, itemIds }) => [`hostname ${value}`, itemIds] as const)));
      }),
    );
  });
});
