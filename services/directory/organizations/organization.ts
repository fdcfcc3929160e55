import { organizationChanged } from '../../../generated/opora/directory/v1/events.ts';
import type { Organization } from '../../../generated/opora/directory/v1/organizations.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { checkOnce } from '../domain/records/check-once.ts';
import { ordersByName, referencesIn, referencesOf } from '../records/declare.ts';
import type { Resource } from '../records/resource.ts';

export const organization: Resource<Organization> = {
  kind: 'organization',
  noun: 'an organisation',
  fields: { name: 'text', kind: 'text', parentId: 'reference', regions: 'texts', skills: 'list', note: 'text' },
  defaults: { regions: [], skills: [] },
  sorts: ordersByName,
  filters: {
    kind: (kind: string) => sql`r.kind = ${kind}`,
    parentId: (id: string) => sql`r.parent_id = ${id}`,
    region: (region: string) => sql`${region} = any(r.regions)`,
    skillId: (id: string) => sql`r.skills @> ${JSON.stringify([{ skillId: id }])}::jsonb`,
    active: (active: boolean) => sql`r.active = ${active}`,
  },
  words: ({ name, note }) => [name, note],
  parent: 'parentId',
  check({ kind, regions, skills }) {
    const message = 'belong to a contractor: leave them out, or make it one';
    const isContractor = kind === 'contractor';
    return [
      ...(!isContractor && regions.length > 0 ? [{ pointer: '/regions', message }] : []),
      ...(!isContractor && skills.length > 0 ? [{ pointer: '/skills', message }] : []),
      ...checkOnce(skills, ({ skillId }) => skillId, '/skills', 'skillId'),
    ];
  },
  references: (state) => [...referencesIn(state, { parentId: 'organization' }), ...referencesOf(state.skills, 'skills', 'skillId', 'skill')],
  announce: ({ id, kind, active, parentId, version }, change) =>
    organizationChanged({ organizationId: id, change, active, kind, ...(parentId !== undefined && { parentId }), version }),
};
