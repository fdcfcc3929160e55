import type { SignInProvider } from '../../../generated/opora/directory/v1/sign_in.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';

/** A provider as it is kept. */
export interface ProviderState extends SignInProvider {
  version: number;
}

export async function readProviders(database: Database): Promise<ProviderState[]> {
  const rows = await database.query<{ definition: SignInProvider; version: number }>(
    sql`select definition, version from sign_in_provider order by name`,
  );
  return rows.map(({ definition, version }) => ({ ...definition, version }));
}

export function insertProvider({ version, ...definition }: ProviderState): Statement {
  return sql`insert into sign_in_provider (name, definition, version) values (${definition.name}, ${JSON.stringify(definition)}::json, ${version})`;
}

/** Only if it still has the version before; otherwise the commit is a conflict. */
export function updateProvider({ version, ...definition }: ProviderState): Statement {
  return exactly(
    1,
    sql`update sign_in_provider set definition = ${JSON.stringify(definition)}::json, version = ${version}
      where name = ${definition.name} and version = ${version - 1} returning 1`,
  );
}
