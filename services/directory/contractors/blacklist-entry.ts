import type { BlacklistEntry } from '../../../generated/opora/directory/v1/contractors.ts';
import { blacklistEntryChanged } from '../../../generated/opora/directory/v1/events.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { checkBlacklistEntry } from '../domain/contractors/blacklist.ts';
import { ordersByTime, referencesIn } from '../records/declare.ts';
import type { Resource } from '../records/resource.ts';
import { requireContractor } from './require-contractor.ts';

export const blacklistEntry: Resource<BlacklistEntry> = {
  kind: 'blacklist_entry',
  noun: 'an entry of the blacklist',
  fields: {
    contractorId: 'reference',
    scope: 'text',
    customerId: 'reference',
    region: 'text',
    workKind: 'text',
    reason: 'text',
    evidence: 'texts',
    startsAt: 'moment',
    endsAt: 'moment',
    overrideRoles: 'texts',
    overridePersonIds: 'texts',
  },
  defaults: { evidence: [], overrideRoles: [], overridePersonIds: [] },
  sorts: { startsAt: { column: 'starts_at', type: 'time' }, ...ordersByTime },
  filters: {
    contractorId: (id: string) => sql`r.contractor_id = ${id}`,
    scope: (scope: string) => sql`r.scope = ${scope}`,
    customerId: (id: string) => sql`r.customer_id = ${id}`,
    region: (region: string) => sql`r.region = ${region}`,
    active: (active: boolean) => sql`r.active = ${active}`,
    at: (at: string) => sql`r.active and r.starts_at <= ${at}::timestamptz and (r.ends_at is null or r.ends_at > ${at}::timestamptz)`,
  },
  words: ({ reason }) => [reason],
  check: checkBlacklistEntry,
  checkBeside: ({ contractorId }, database) => requireContractor(database, contractorId),
  references: (state) => [
    ...referencesIn(state, { contractorId: 'organization', customerId: 'organization' }),
    ...state.overridePersonIds.map((id, index) => ({ kind: 'person' as const, id, pointer: `/overridePersonIds/${index}` })),
  ],
  announce: ({ id, active, contractorId, scope, version }, change) =>
    blacklistEntryChanged({ blacklistEntryId: id, change, active, contractorId, scope, version }),
};
