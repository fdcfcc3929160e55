import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';

/** A version of a definition as the catalogue gave it. */
export interface KnownVersion {
  kind: string;
  name: string;
  version: number;
  content: unknown;
}

export async function readKnownVersion(
  database: Database,
  { kind, name, version }: Omit<KnownVersion, 'content'>,
): Promise<KnownVersion | undefined> {
  const [known] = await database.query<KnownVersion>(
    sql`select kind, name, version, content from known_definition where kind = ${kind} and name = ${name} and version = ${version}::int`,
  );
  return known;
}

/** The newest version of each definition that is known. */
export async function readNewestVersions(database: Database): Promise<Omit<KnownVersion, 'content'>[]> {
  return database.query(sql`select kind, name, max(version) as version from known_definition group by kind, name`);
}

/** Known ones stay as they are. */
export function insertKnownVersions(versions: readonly KnownVersion[]): Statement {
  return sql`insert into known_definition (kind, name, version, content)
    select kind, name, version, content from json_populate_recordset(null::known_definition, ${JSON.stringify(versions)}::json) on conflict do nothing`;
}
