import type { Pool } from 'pg';

/**
 * The place in a source's log up to which every subscription of every service in this database has heard it; undefined when there is none.
 * A subscription that was taken out of the program holds the log until a migration of its service deletes its row of `subscription_position`.
 */
export async function readHeardPosition(reader: Pool, source: string): Promise<number | undefined> {
  const tables = await reader.query<{ schema: string }>(
    `select table_schema as schema from information_schema.table_privileges
     where table_name = 'subscription_position' and privilege_type = 'SELECT' and grantee = current_user`,
  );
  const positions = tables.rows.map(({ schema }) => `select pos from "${schema}".subscription_position where source = $1`);
  if (positions.length === 0) return undefined;
  const { rows } = await reader.query<{ pos: number | null }>(`select min(pos)::float8 as pos from (${positions.join(' union all ')}) as heard`, [
    source,
  ]);
  return rows[0]?.pos ?? undefined;
}
