import { findWay, joinWalks, type WalkStep } from './join-walks.ts';

const step = (id: string, distance: number, from: string, state: WalkStep['state'] = 'broken'): WalkStep => ({
  id,
  state,
  distance,
  via: { id: from, type: 'depends_on' },
});

describe('walks from several starts', () => {
  const fromA = [step('m', 1, 'a'), step('b', 2, 'm'), step('x', 3, 'b'), step('y', 4, 'x')];
  const fromB = [step('x', 1, 'b'), step('y', 2, 'x')];

  it('reach each item once, by its shortest way, and no start', () => {
    const { steps, truncated } = joinWalks(['a', 'b'], [fromA, fromB], 10);
    expect(steps.map(({ id, distance }) => `${id} ${distance}`)).toEqual(['m 1', 'x 1', 'y 2']);
    expect(truncated).toBe(false);
    const byId = new Map(steps.map((one) => [one.id, one]));
    expect(findWay('y', byId).map(({ id, via }) => `${via}>${id}`)).toEqual(['>b', 'depends_on>x', 'depends_on>y']);
  });

  it('break what one of them breaks, though another only puts it at risk on a shorter way', () => {
    const { steps } = joinWalks(
      ['a', 'b'],
      [
        [step('g', 1, 'a', 'at_risk'), step('h', 1, 'a', 'at_risk')],
        [step('m', 1, 'b'), step('g', 2, 'm')],
      ],
      10,
    );
    expect(steps.map(({ id, state, distance }) => `${id} ${state} ${distance}`)).toEqual(['h at_risk 1', 'm broken 1', 'g broken 2']);
  });

  it('are cut where they are furthest, and say so', () => {
    const { steps, truncated } = joinWalks(['a', 'b'], [fromA, fromB], 2);
    expect([steps.map(({ id }) => id), truncated]).toEqual([['m', 'x'], true]);
  });
});
