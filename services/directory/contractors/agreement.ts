import type { Agreement } from '../../../generated/opora/directory/v1/contractors.ts';
import { agreementChanged } from '../../../generated/opora/directory/v1/events.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { ordersByName, referencesIn } from '../records/declare.ts';
import type { Resource } from '../records/resource.ts';
import { requireContractor } from './require-contractor.ts';

export const agreement: Resource<Agreement> = {
  kind: 'agreement',
  noun: 'an agreement',
  fields: {
    name: 'text',
    number: 'text',
    contractorId: 'reference',
    customerId: 'reference',
    startsOn: 'date',
    endsOn: 'date',
    regions: 'texts',
    workKinds: 'texts',
    note: 'text',
  },
  defaults: { regions: [], workKinds: [] },
  sorts: ordersByName,
  filters: {
    contractorId: (id: string) => sql`r.contractor_id = ${id}`,
    customerId: (id: string) => sql`r.customer_id = ${id}`,
    active: (active: boolean) => sql`r.active = ${active}`,
    on: (date: string) => sql`r.starts_on <= ${date}::date and (r.ends_on is null or r.ends_on >= ${date}::date)`,
  },
  words: ({ name, number, note }) => [name, number, note],
  check: ({ startsOn, endsOn }) =>
    endsOn !== undefined && endsOn < startsOn ? [{ pointer: '/endsOn', message: 'must not come before startsOn' }] : [],
  checkBeside: ({ contractorId }, database) => requireContractor(database, contractorId),
  references: (state) => referencesIn(state, { contractorId: 'organization', customerId: 'organization' }),
  announce: ({ id, active, contractorId, version }, change) => agreementChanged({ agreementId: id, change, active, contractorId, version }),
};
