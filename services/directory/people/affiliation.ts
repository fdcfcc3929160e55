import type { MyPerson } from '../../../generated/opora/directory/v1/directory.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';

/** Where the person of an account belongs: what rights and lists ask. All ids; what the person has none of is absent. */
export interface Affiliation {
  personId: string;
  organizationId?: string;
  departmentId?: string;
  siteId?: string;
  teamIds: string[];
}

/**
 * The affiliation of the person whose id `person` is, as one jsonb value; null without a person. For a query that has an account at hand:
 * `select …, ${affiliationOf(sql`a.person_id`)} as affiliation from account a`.
 */
export function affiliationOf(person: Statement): Statement {
  return sql`(select jsonb_strip_nulls(jsonb_build_object('personId', p.id, 'organizationId', p.organization_id, 'departmentId', p.department_id,
      'siteId', p.site_id, 'teamIds', (select coalesce(jsonb_agg(t.id order by t.id), '[]') from team t where t.member_ids @> array[p.id] and t.active)))
    from person p where p.id = ${person})`;
}

/** Undefined when the account belongs to nobody. */
export async function findAffiliation(database: Database, accountId: string): Promise<Affiliation | undefined> {
  const [row] = await database.query<{ affiliation: Affiliation | null }>(
    sql`select ${affiliationOf(sql`a.person_id`)} as affiliation from account a where a.id = ${accountId}`,
  );
  return row?.affiliation ?? undefined;
}

/** A person as they are told to themselves, with names. */
export async function findMyPerson(database: Database, id: string): Promise<MyPerson | undefined> {
  const named = (table: Statement, of: Statement) => sql`(select jsonb_build_object('id', n.id, 'name', n.name) from ${table} n where n.id = ${of})`;
  const [row] = await database.query<{ person: MyPerson }>(
    sql`select jsonb_strip_nulls(jsonb_build_object('id', p.id, 'name', p.name, 'position', p.position, 'timeZone', p.time_zone,
        'organization', ${named(sql`organization`, sql`p.organization_id`)}, 'department', ${named(sql`department`, sql`p.department_id`)},
        'site', ${named(sql`site`, sql`p.site_id`)},
        'teams', (select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name, 'line', t.line, 'role', m ->> 'role') order by t.line, t.sort_name), '[]')
          from team t, jsonb_array_elements(t.members) m where t.member_ids @> array[p.id] and t.active and (m ->> 'personId')::uuid = p.id))) as person
      from person p where p.id = ${id}`,
  );
  return row?.person;
}
