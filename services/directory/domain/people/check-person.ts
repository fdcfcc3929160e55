import type { Contact, Person } from '../../../../generated/opora/directory/v1/people.ts';
import type { FieldViolation } from '../../../../platform/errors/app-error.ts';
import { checkOnce } from '../records/check-once.ts';
import { checkTimeZone } from '../records/check-time-zone.ts';
import { normalisePhone } from './phone.ts';

const email = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const phones: ReadonlySet<Contact['kind']> = new Set(['phone', 'mobile']);

/** The person with a name made of its parts and contacts in one form each. */
export function tidyPerson(person: Person): Person {
  const parts = [person.familyName, person.givenName, person.middleName].filter((part) => part !== undefined && part !== '');
  const isNamed = Boolean(person.familyName) || Boolean(person.givenName);
  return { ...person, ...(isNamed && { name: parts.join(' ') }), contacts: person.contacts.map(tidyContact) };
}

/** What is wrong with a person by themselves, after `tidyPerson`. */
export function checkPerson(person: Person): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if ((person.name ?? '').trim() === '') violations.push({ pointer: '/name', message: 'is needed, or a family name and a given name' });
  if (person.managerId === person.id) violations.push({ pointer: '/managerId', message: 'nobody reports to themselves: leave it out' });
  for (const [index, { kind, value }] of person.contacts.entries()) {
    const pointer = `/contacts/${index}/value`;
    if (kind === 'email' && !email.test(value)) violations.push({ pointer, message: 'is no e-mail address' });
    if (phones.has(kind) && !/^\+\d{7,15}$/.test(value)) {
      violations.push({ pointer, message: 'is no telephone number: write it with + and the country, +7 861 234-56-78, and an inner number in note' });
    }
  }
  if (person.timeZone !== undefined) violations.push(...checkTimeZone(person.timeZone, '/timeZone'));
  return [...violations, ...checkOnce(person.skills, ({ skillId }) => skillId, '/skills', 'skillId')];
}

function tidyContact(contact: Contact): Contact {
  const value = contact.value.trim();
  if (contact.kind === 'email') return { ...contact, value: value.toLowerCase() };
  return { ...contact, value: (phones.has(contact.kind) ? normalisePhone(value) : undefined) ?? value };
}
