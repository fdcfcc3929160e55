import { teamChanged } from '../../../generated/opora/directory/v1/events.ts';
import type { Team } from '../../../generated/opora/directory/v1/teams.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { checkOnce } from '../domain/records/check-once.ts';
import { ordersByName, referencesIn, referencesOf } from '../records/declare.ts';
import type { Resource } from '../records/resource.ts';

export const team: Resource<Team> = {
  kind: 'team',
  noun: 'a team',
  fields: { name: 'text', line: 'integer', organizationId: 'reference', description: 'text', email: 'text', members: 'list', skills: 'list' },
  defaults: { members: [], skills: [] },
  sorts: ordersByName,
  filters: {
    line: (line: number) => sql`r.line = ${line}`,
    organizationId: (id: string) => sql`r.organization_id = ${id}`,
    memberId: (id: string) => sql`r.member_ids @> array[${id}::uuid]`,
    skillId: (id: string) => sql`r.skills @> ${JSON.stringify([{ skillId: id }])}::jsonb`,
    active: (active: boolean) => sql`r.active = ${active}`,
  },
  words: ({ name, description, email }) => [name, description, email],
  check: ({ members, skills }) => [
    ...checkOnce(members, ({ personId }) => personId, '/members', 'personId'),
    ...checkOnce(skills, ({ skillId }) => skillId, '/skills', 'skillId'),
  ],
  references: (state) => [
    ...referencesIn(state, { organizationId: 'organization' }),
    ...referencesOf(state.members, 'members', 'personId', 'person'),
    ...referencesOf(state.skills, 'skills', 'skillId', 'skill'),
  ],
  announce: ({ id, active, line, organizationId, members, version }, change) =>
    teamChanged({
      teamId: id,
      change,
      active,
      ...(line !== undefined && { line }),
      ...(organizationId !== undefined && { organizationId }),
      memberIds: members.map(({ personId }) => personId),
      version,
    }),
};
