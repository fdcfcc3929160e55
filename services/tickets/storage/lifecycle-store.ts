import type { Lifecycle as LifecycleContent } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';

/** A version of a lifecycle as the catalogue gave it. */
export interface KnownVersion {
  name: string;
  version: number;
  content: LifecycleContent;
}

export async function readKnownVersion(database: Database, name: string, version: number): Promise<KnownVersion | undefined> {
  const [known] = await database.query<KnownVersion>(
    sql`select name, version, content from known_lifecycle where name = ${name} and version = ${version}::int`,
  );
  return known;
}

/** The newest version of each lifecycle that is known. */
export async function readNewestVersions(database: Database): Promise<{ name: string; version: number }[]> {
  return database.query(sql`select name, max(version) as version from known_lifecycle group by name`);
}

/** Known ones stay as they are. */
export function insertKnownVersions(versions: readonly KnownVersion[]): Statement {
  return sql`insert into known_lifecycle (name, version, content)
    select name, version, content from json_populate_recordset(null::known_lifecycle, ${JSON.stringify(versions)}::json) on conflict do nothing`;
}
