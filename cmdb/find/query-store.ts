import type { SavedQuery } from '../../generated/opora/cmdb/v1/queries.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';

interface QueryRow {
  id: string;
  owner_id: string;
  owner_name: string;
  name: string;
  filter: NonNullable<SavedQuery['filter']>;
  sort: string | null;
  columns: string[];
  shared: SavedQuery['shared'];
  version: number;
  created_at: Date;
  updated_at: Date;
}

export type StoredQuery = SavedQuery & { filter: NonNullable<SavedQuery['filter']> };

export async function readQueries(database: Database, where: Statement): Promise<StoredQuery[]> {
  const rows = await database.query<QueryRow>(
    sql`select id, owner_id, owner_name, name, filter, sort, columns, shared, version, created_at, updated_at from saved_query where ${where}`,
  );
  return rows.map(({ owner_id, owner_name, sort, created_at, updated_at, ...row }) => ({
    ...row,
    ownerId: owner_id,
    ownerName: owner_name,
    ...(sort !== null && { sort }),
    createdAt: created_at.toISOString(),
    updatedAt: updated_at.toISOString(),
  }));
}

/** Two of one name by one owner conflict. */
export function insertQuery({ id, ownerId, ownerName, name, filter, sort, columns, shared, version, createdAt, updatedAt }: StoredQuery): Statement {
  return sql`insert into saved_query (id, owner_id, owner_name, name, filter, sort, columns, shared, version, created_at, updated_at)
    values (${id}::uuid, ${ownerId}, ${ownerName}, ${name}, ${JSON.stringify(filter)}::jsonb, ${sort ?? null}, ${columns}::text[], ${shared}, ${version}::int,
      ${createdAt}::timestamptz, ${updatedAt}::timestamptz)`;
}

export function updateQuery({ id, name, filter, sort, columns, shared, version, updatedAt }: StoredQuery): Statement {
  return exactly(
    1,
    sql`update saved_query set name = ${name}, filter = ${JSON.stringify(filter)}::jsonb, sort = ${sort ?? null}, columns = ${columns}::text[],
      shared = ${shared}, version = ${version}::int, updated_at = ${updatedAt}::timestamptz where id = ${id}::uuid and version = ${version - 1}::int returning 1`,
  );
}

export function deleteQuery(id: string): Statement {
  return sql`delete from saved_query where id = ${id}::uuid`;
}
