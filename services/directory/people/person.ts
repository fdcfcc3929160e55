import { personChanged } from '../../../generated/opora/directory/v1/events.ts';
import type { Person } from '../../../generated/opora/directory/v1/people.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { checkPerson, tidyPerson } from '../domain/people/check-person.ts';
import { normalisePhone } from '../domain/people/phone.ts';
import { ordersByName, referencesIn, referencesOf } from '../records/declare.ts';
import type { Resource } from '../records/resource.ts';

export const person: Resource<Person> = {
  kind: 'person',
  noun: 'a person',
  fields: {
    name: 'text',
    familyName: 'text',
    givenName: 'text',
    middleName: 'text',
    position: 'text',
    employeeNumber: 'text',
    organizationId: 'reference',
    departmentId: 'reference',
    siteId: 'reference',
    managerId: 'reference',
    contacts: 'list',
    timeZone: 'text',
    locale: 'text',
    vip: 'boolean',
    skills: 'list',
    scheduleId: 'reference',
    mergedIntoId: 'reference',
    erasedAt: 'moment',
  },
  defaults: { contacts: [], vip: false, skills: [] },
  sorts: ordersByName,
  filters: {
    organizationId: (id: string) => sql`r.organization_id = ${id}`,
    departmentId: (id: string) => sql`r.department_id = ${id}`,
    siteId: (id: string) => sql`r.site_id = ${id}`,
    managerId: (id: string) => sql`r.manager_id = ${id}`,
    scheduleId: (id: string) => sql`r.schedule_id = ${id}`,
    skillId: (id: string) => sql`r.skill_ids @> array[${id}::uuid] and r.skill_ids <> '{}'`,
    vip: (vip: boolean) => (vip ? sql`r.vip` : sql`not r.vip`),
    active: (active: boolean) => (active ? sql`r.active` : sql`not r.active`),
    contact: (contact: string) => sql`r.contacts @> ${JSON.stringify([{ value: toContactValue(contact) }])}::jsonb`,
  },
  words: ({ name, position, employeeNumber, contacts }) => [name, position, employeeNumber, ...contacts.map(({ value }) => value)],
  parent: 'managerId',
  tidy: tidyPerson,
  check: checkPerson,
  references: (state) => [
    ...referencesIn(state, {
      organizationId: 'organization',
      departmentId: 'department',
      siteId: 'site',
      managerId: 'person',
      scheduleId: 'work_schedule',
    }),
    ...referencesOf(state.skills, 'skills', 'skillId', 'skill'),
  ],
  announce: ({ id, active, organizationId, departmentId, siteId, managerId, vip, version }, change) =>
    personChanged({
      personId: id,
      change,
      active,
      ...(organizationId !== undefined && { organizationId }),
      ...(departmentId !== undefined && { departmentId }),
      ...(siteId !== undefined && { siteId }),
      ...(managerId !== undefined && { managerId }),
      vip,
      version,
    }),
};

/** As contacts are kept: a telephone number in its one form, an address in small letters. */
function toContactValue(text: string): string {
  return normalisePhone(text) ?? text.trim().toLowerCase();
}
