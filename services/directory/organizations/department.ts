import { departmentChanged } from '../../../generated/opora/directory/v1/events.ts';
import type { Department } from '../../../generated/opora/directory/v1/organizations.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { ordersByName, referencesIn } from '../records/declare.ts';
import type { Resource } from '../records/resource.ts';

export const department: Resource<Department> = {
  kind: 'department',
  noun: 'a department',
  fields: { name: 'text', organizationId: 'reference', parentId: 'reference', managerId: 'reference', code: 'text' },
  defaults: {},
  sorts: ordersByName,
  filters: {
    organizationId: (id: string) => sql`r.organization_id = ${id}`,
    parentId: (id: string) => sql`r.parent_id = ${id}`,
    managerId: (id: string) => sql`r.manager_id = ${id}`,
    active: (active: boolean) => sql`r.active = ${active}`,
  },
  words: ({ name, code }) => [name, code],
  parent: 'parentId',
  references: (state) => referencesIn(state, { organizationId: 'organization', parentId: 'department', managerId: 'person' }),
  announce: ({ id, active, organizationId, parentId, managerId, version }, change) =>
    departmentChanged({
      departmentId: id,
      change,
      active,
      organizationId,
      ...(parentId !== undefined && { parentId }),
      ...(managerId !== undefined && { managerId }),
      version,
    }),
};
