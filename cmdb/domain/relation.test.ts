import fc from 'fast-check';
import { type RelationState, relate, unrelate } from './relation.ts';

const ends = { id: 'r', type: 'runs_on', fromId: 'a', toId: 'b', source: 'vcenter' };

describe('a relation', () => {
  it('keeps its id when it ends and comes back, and each turn is a version', () => {
    const turns: RelationState[] = [];
    let now: RelationState | undefined;
    for (const turn of [relate, undefined, relate]) {
      now = turn ? turn(now, { ...ends, id: `id-${turns.length}` }, 1_000) : now && unrelate(now, 2_000);
      if (now) turns.push(now);
    }
    expect(turns.map(({ id, version, state }) => [id, version, state])).toEqual([
      ['id-0', 1, 'active'],
      ['id-0', 2, 'removed'],
      ['id-0', 3, 'active'],
    ]);
  });

  it('has nothing to write when it is as it is wanted, and its versions rise by one, whatever is asked in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(10_000))), (wishes) => {
        let state: RelationState | undefined;
        for (const [wanted, now] of wishes) {
          const before = state;
          const after = wanted ? relate(before, ends, now) : before && unrelate(before, now);
          const isThere = before?.state === 'active';
          expect(after !== undefined).toBe(before ? isThere !== wanted : wanted);
          if (after) {
            expect(after.version).toBe((before?.version ?? 0) + 1);
            expect(after.updatedAt).toBeGreaterThanOrEqual(before?.updatedAt ?? 0);
            state = after;
          }
        }
      }),
    );
  });
});
