import fc from 'fast-check';
import type { Person } from '../../../../generated/opora/directory/v1/people.ts';
import { mergePeople, takeBack } from './merge-people.ts';

const person = (id: string, more: Partial<Person> = {}): Person => ({
  id,
  name: id,
  contacts: [],
  vip: false,
  skills: [],
  active: true,
  externalReferences: [],
  version: 1,
  createdAt: '',
  updatedAt: '',
  ...more,
});

describe('two who are one person', () => {
  it('know together what either knew, and what the one who stays says counts', () => {
    const phone = { kind: 'phone' as const, value: '+78612345678' };
    const mail = { kind: 'email' as const, value: 'a@example.ru' };
    const kept = person('a', {
      position: 'Инженер',
      contacts: [phone],
      skills: [{ skillId: 's', level: 2 }],
      externalReferences: [{ system: 'x', id: '1' }],
    });
    const more = { position: 'Слесарь', siteId: 'site', contacts: [phone, mail], vip: true };
    const gone = person('b', {
      ...more,
      skills: [
        { skillId: 's', level: 4 },
        { skillId: 't', level: 1 },
      ],
      externalReferences: [{ system: 'x', id: '2' }],
    });
    const merged = mergePeople(kept, gone);
    expect(merged.kept).toMatchObject({ id: 'a', name: 'a', position: 'Инженер', siteId: 'site', vip: true, contacts: [phone, mail] });
    expect(merged.kept.skills).toEqual([
      { skillId: 's', level: 4 },
      { skillId: 't', level: 1 },
    ]);
    expect(merged.kept.externalReferences.map(({ id }) => id)).toEqual(['1', '2']);
    expect(merged.gone).toMatchObject({ id: 'b', position: 'Слесарь', active: false, mergedIntoId: 'a', externalReferences: [] });
  });

  it('never report to themselves', () => {
    const managerOf = (kept: Partial<Person>, gone: Partial<Person>) => mergePeople(person('a', kept), person('b', gone)).kept.managerId;
    expect(managerOf({ managerId: 'b' }, { managerId: 'c' })).toBe('c');
    expect(managerOf({ managerId: 'b' }, { managerId: 'a' })).toBeUndefined();
    expect(managerOf({}, { managerId: 'a' })).toBeUndefined();
  });
});

describe('a change that is taken back', () => {
  it('leaves a value that somebody has changed since', () => {
    expect(takeBack('new', { field: 'f', before: 'old', after: 'new' })).toBe('old');
    expect(takeBack('newer', { field: 'f', before: 'old', after: 'new' })).toBe('newer');
    expect(takeBack({ b: 1, a: 2 }, { field: 'f', after: { a: 2, b: 1 } })).toBeUndefined();
  });

  it('of a list takes out what came and puts back what went, beside whatever else came and went since', () => {
    expect(takeBack(['kept', 'new'], { field: 'f', before: ['gone'], after: ['kept'] })).toEqual(['new', 'gone']);
    const list = fc.uniqueArray(fc.nat(9));
    fc.assert(
      fc.property(list, list, (before, after) => {
        expect((takeBack(after, { field: 'f', before, after }) as number[]).toSorted()).toEqual(before.toSorted());
      }),
    );
  });
});
