import type { Reader } from '../../../generated/opora/directory/v1/directory.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { Rights } from '../domain/permissions.ts';

export interface RoleState extends Rights {
  name: string;
  titleEn: string;
  titleRu: string;
  version: number;
}

/** The rights of the roles of `a`, an account, as two columns. */
export const rightsOfAccount = sql`array(select distinct unnest(r.permissions) from role r where r.name = any(a.roles) order by 1) as permissions,
  coalesce((select jsonb_agg(distinct g) from role r, jsonb_array_elements(r.grants) g where r.name = any(a.roles)), '[]') as grants`;

/** What conditions of rights may ask of whoever has the account `a`, as a column. */
export const readerOfAccount = sql`jsonb_build_object('roles', a.roles, 'teamIds', '[]'::jsonb) as about`;

export async function readReader(database: Database, accountId: string): Promise<Reader | undefined> {
  const [row] = await database.query<{ about: Reader }>(sql`select ${readerOfAccount} from account a where a.id = ${accountId}`);
  return row?.about;
}

export async function readRoles(database: Database): Promise<RoleState[]> {
  return database.query<RoleState>(
    sql`select name, title_en as "titleEn", title_ru as "titleRu", permissions, grants, version from role order by name`,
  );
}

export function insertRole({ name, titleEn, titleRu, permissions, grants, version }: RoleState): Statement {
  return sql`insert into role (name, title_en, title_ru, permissions, grants, version)
    values (${name}, ${titleEn}, ${titleRu}, ${permissions}, ${JSON.stringify(grants)}::jsonb, ${version})`;
}

/** Only if it still has the version before; otherwise the commit is a conflict. */
export function updateRole({ name, titleEn, titleRu, permissions, grants, version }: RoleState): Statement {
  return exactly(
    1,
    sql`update role set title_en = ${titleEn}, title_ru = ${titleRu}, permissions = ${permissions}, grants = ${JSON.stringify(grants)}::jsonb,
        version = ${version}
      where name = ${name} and version = ${version - 1} returning 1`,
  );
}
