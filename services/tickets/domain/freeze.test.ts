import type { FreezeScope } from '../../../generated/opora/tickets/v1/freezes.ts';
import { checkFreeze, findTouched } from './freeze.ts';

const touched = {
  organisations: new Set(['North']),
  sites: new Set(['S-1']),
  classes: new Set(['server', 'computer', 'hardware']),
  ids: new Set(['a', 'b']),
};
const scope = (kind: FreezeScope['kind'], ...values: string[]): FreezeScope => ({ kind, values });

describe('a freeze', () => {
  it('concerns what touches any of the values of its scope, by a class also its subclasses', () => {
    expect(findTouched(scope('everything'), touched)).toEqual([]);
    expect(findTouched(scope('organisation', 'South', 'North'), touched)).toEqual(['North']);
    expect(findTouched(scope('site', 'S-2'), touched)).toBeUndefined();
    expect(findTouched(scope('class', 'hardware'), touched)).toEqual(['hardware']);
    expect(findTouched(scope('class', 'pump'), touched)).toBeUndefined();
    expect(findTouched(scope('services', 'b', 'c'), touched)).toEqual(['b']);
    expect(findTouched(scope('site', 'North'), touched)).toBeUndefined();
  });

  it('says of each field what is wrong with it', () => {
    const pointers = (from: number, to: number, given: FreezeScope) => checkFreeze({ from, to, scope: given }).map(({ pointer }) => pointer);
    expect(pointers(1, 2, scope('everything'))).toEqual([]);
    expect(pointers(2, 2, scope('everything'))).toEqual(['/to']);
    expect(pointers(Number.NaN, 2, scope('everything'))).toEqual(['/from']);
    expect(pointers(1, Number.NaN, scope('everything'))).toEqual(['/to']);
    expect(pointers(1, 2, scope('everything', 'x'))).toEqual(['/scope/values']);
    expect(pointers(1, 2, scope('site'))).toEqual(['/scope/values']);
    expect(pointers(1, 2, scope('site', 'S-1', ' ', 'x'.repeat(201)))).toEqual(['/scope/values/1', '/scope/values/2']);
    expect(pointers(1, 2, scope('services', 'pump'))).toEqual(['/scope/values/0']);
  });
});
