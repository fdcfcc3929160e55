import { describeChanges } from './describe-changes.ts';

interface Lamp {
  name: string;
  tags: string[];
  place?: string;
}
const fields = ['name', 'tags', 'place'] as const;

describe('what changed', () => {
  it('is told field by field, and nothing of what stayed', () => {
    const before: Lamp = { name: 'A', tags: ['x'], place: 'roof' };
    expect(describeChanges(before, { name: 'A', tags: ['x', 'y'] }, fields)).toEqual([
      { field: 'tags', before: ['x'], after: ['x', 'y'] },
      { field: 'place', before: 'roof' },
    ]);
  });

  it('is everything that is there, of something new', () => {
    expect(describeChanges(undefined, { name: 'A', tags: [] } as Lamp, fields)).toEqual([
      { field: 'name', after: 'A' },
      { field: 'tags', after: [] },
    ]);
  });
});
