import fc from 'fast-check';
import type { Person } from '../../../../generated/opora/directory/v1/people.ts';
import { checkPerson, tidyPerson } from './check-person.ts';
import { normalisePhone } from './phone.ts';

const person: Person = {
  id: 'a',
  name: 'x',
  contacts: [],
  vip: false,
  skills: [],
  active: true,
  externalReferences: [],
  version: 1,
  createdAt: '',
  updatedAt: '',
};

describe('a telephone number', () => {
  it.each([
    ['8 (861) 234-56-78', '+78612345678'],
    ['+7 861 234 56 78', '+78612345678'],
    ['861 234-56-78', '+78612345678'],
    ['7 701 234 56 78', '+77012345678'],
    ['00 49 30 901820', '+4930901820'],
    ['+44 20 7946 0958', '+442079460958'],
    ['234-56-78', undefined],
    ['+7 861 234', undefined],
    ['8 (861) 234-56-78 доб. 12', undefined],
    ['+0 123 456 78 90', undefined],
    ['', undefined],
  ])('%s is %s', (text, expected) => expect(normalisePhone(text)).toBe(expected));

  it('in its one form stays as it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[+0-9 ()-]{5,20}$/), (text) => {
        const once = normalisePhone(text);
        return once === undefined || normalisePhone(once) === once;
      }),
    );
  });
});

describe('a person', () => {
  it('is called by the parts of the name, and otherwise as told', () => {
    expect(tidyPerson({ ...person, name: 'старое имя', familyName: 'Петрова', givenName: 'Ирина', middleName: 'Сергеевна' }).name).toBe(
      'Петрова Ирина Сергеевна',
    );
    expect(tidyPerson({ ...person, name: 'Дежурный инженер' }).name).toBe('Дежурный инженер');
    expect(checkPerson({ ...person, name: ' ' })).toEqual([{ pointer: '/name', message: expect.any(String) }]);
  });

  it('has contacts in one form, and is told of those that are none', () => {
    const contacts: Person['contacts'] = [
      { kind: 'email', value: ' I.Petrova@Example.RU ' },
      { kind: 'mobile', value: '8 918 123-45-67' },
      { kind: 'phone', value: '12-34' },
      { kind: 'email', value: 'nobody' },
      { kind: 'messenger', value: '@petrova' },
    ];
    const tidy = tidyPerson({ ...person, contacts });
    expect(tidy.contacts.slice(0, 2).map(({ value }) => value)).toEqual(['i.petrova@example.ru', '+79181234567']);
    expect(checkPerson(tidy).map(({ pointer }) => pointer)).toEqual(['/contacts/2/value', '/contacts/3/value']);
  });

  it('lives in a time zone that exists, and has a skill once', () => {
    const skills = [
      { skillId: 's', level: 1 },
      { skillId: 'S', level: 2 },
    ];
    const wrong = checkPerson({ ...person, timeZone: '+03:00', skills, managerId: person.id });
    expect(wrong.map(({ pointer }) => pointer)).toEqual(['/managerId', '/timeZone', '/skills/1/skillId']);
    expect(checkPerson({ ...person, timeZone: 'Asia/Yekaterinburg' })).toEqual([]);
  });
});
