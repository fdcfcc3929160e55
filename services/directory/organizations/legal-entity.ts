import { legalEntityChanged } from '../../../generated/opora/directory/v1/events.ts';
import type { LegalEntity } from '../../../generated/opora/directory/v1/organizations.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { checkLegalEntity } from '../domain/requisites/check-legal-entity.ts';
import { ordersByName, referencesIn } from '../records/declare.ts';
import type { Resource } from '../records/resource.ts';

export const legalEntity: Resource<LegalEntity> = {
  kind: 'legal_entity',
  noun: 'a legal entity',
  fields: { name: 'text', organizationId: 'reference', inn: 'text', kpp: 'text', ogrn: 'text', address: 'text', bankAccounts: 'list' },
  defaults: { bankAccounts: [] },
  sorts: ordersByName,
  filters: {
    organizationId: (id: string) => sql`r.organization_id = ${id}`,
    inn: (inn: string) => sql`r.inn = ${inn}`,
    ogrn: (ogrn: string) => sql`r.ogrn = ${ogrn}`,
    active: (active: boolean) => sql`r.active = ${active}`,
  },
  words: ({ name, inn, ogrn, address }) => [name, inn, ogrn, address],
  check: checkLegalEntity,
  references: (state) => referencesIn(state, { organizationId: 'organization' }),
  announce: ({ id, active, organizationId, version }, change) => legalEntityChanged({ legalEntityId: id, change, active, organizationId, version }),
};
