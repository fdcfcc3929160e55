import { newUuid } from './clock.ts';

describe('ids', () => {
  it('rise with time, and within one moment in the order in which they are made', () => {
    const at = Date.parse('2026-01-15T08:00:00.123Z');
    const ids = [at, at, at + 1, ...Array<number>(1000).fill(at + 2)].map(newUuid);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[0]).toMatch(/^019bc0ab-247b-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
