import { skillChanged } from '../../../generated/opora/directory/v1/events.ts';
import type { Skill } from '../../../generated/opora/directory/v1/teams.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { ordersByName } from '../records/declare.ts';
import type { Resource } from '../records/resource.ts';

export const skill: Resource<Skill> = {
  kind: 'skill',
  noun: 'a skill',
  fields: { name: 'text', nameEn: 'text', description: 'text' },
  defaults: {},
  sorts: ordersByName,
  filters: {
    active: (active: boolean) => sql`r.active = ${active}`,
  },
  words: ({ name, nameEn, description }) => [name, nameEn, description],
  references: () => [],
  announce: ({ id, active, version }, change) => skillChanged({ skillId: id, change, active, version }),
};
