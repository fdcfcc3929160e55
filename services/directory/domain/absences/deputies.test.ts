import fc from 'fast-check';
import { type AbsencePeriod, findDeputy, findDeputyRing } from './deputies.ts';

const away = (personId: string, start: number, end: number, deputyId?: string): AbsencePeriod => ({
  personId,
  start,
  end,
  ...(deputyId !== undefined && { deputyId }),
});

describe('deputies', () => {
  it('are followed until somebody is there', () => {
    const absences = [away('a', 0, 10, 'b'), away('b', 5, 10, 'c'), away('c', 8, 10)];
    expect(findDeputy('a', 0, absences)).toEqual({ chain: ['b'], deputyId: 'b' });
    expect(findDeputy('a', 5, absences)).toEqual({ chain: ['b', 'c'], deputyId: 'c' });
    expect(findDeputy('a', 8, absences)).toEqual({ chain: ['b', 'c'] });
    expect(findDeputy('a', 10, absences)).toEqual({ chain: [] });
  });

  it('of the absence that began last count, and of one that has any', () => {
    expect(findDeputy('a', 5, [away('a', 0, 10, 'b'), away('a', 4, 6, 'c')])).toEqual({ chain: ['c'], deputyId: 'c' });
    expect(findDeputy('a', 5, [away('a', 0, 10, 'b'), away('a', 4, 6)])).toEqual({ chain: ['b'], deputyId: 'b' });
  });

  it('make a ring only when all of it are away at one moment', () => {
    expect(findDeputyRing(away('a', 0, 10, 'b'), [away('b', 10, 20, 'a')])).toBeUndefined();
    expect(findDeputyRing(away('a', 0, 10, 'b'), [away('b', 9, 20, 'a')])).toBe(9);
    expect(findDeputyRing(away('a', 0, 10, 'a'), [])).toBe(0);
    expect(findDeputyRing(away('a', 0, 10, 'b'), [away('b', 0, 20, 'c'), away('c', 4, 5, 'a')])).toBe(4);
    // A ring of others is not made by this absence.
    expect(findDeputyRing(away('a', 0, 10, 'b'), [away('b', 0, 20, 'c'), away('c', 0, 20, 'b')])).toBeUndefined();
  });

  it('that are declared one after the other, each refused that would close a ring, never lead back', () => {
    const one = fc.record({
      personId: fc.constantFrom('a', 'b', 'c', 'd'),
      start: fc.nat(20),
      length: fc.integer({ min: 1, max: 10 }),
      deputyId: fc.constantFrom('a', 'b', 'c', 'd'),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 8 }), (wanted) => {
        const kept: AbsencePeriod[] = [];
        for (const { personId, start, length, deputyId } of wanted) {
          if (kept.some((other) => other.personId === personId && other.start < start + length && start < other.end)) continue;
          const absence = away(personId, start, start + length, deputyId);
          if (findDeputyRing(absence, kept) === undefined) kept.push(absence);
        }
        for (const person of ['a', 'b', 'c', 'd']) {
          for (let at = 0; at <= 30; at++) {
            const isAway = (id: string) => kept.some((absence) => absence.personId === id && absence.start <= at && at < absence.end);
            const { deputyId } = findDeputy(person, at, kept);
            // Everybody has named a deputy: whoever is away has one who is there.
            if (isAway(person) !== (deputyId !== undefined) || (deputyId !== undefined && isAway(deputyId))) return false;
          }
        }
        return true;
      }),
    );
  });
});
