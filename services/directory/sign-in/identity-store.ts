import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';

/** A subject of a provider. */
export interface Identity {
  provider: string;
  subject: string;
}

export async function findIdentity(database: Database, { provider, subject }: Identity): Promise<string | undefined> {
  const [row] = await database.query<{ id: string }>(
    sql`select account_id as id from account_identity where provider = ${provider} and subject = ${subject}`,
  );
  return row?.id;
}

/** The active person that another system calls so. */
export async function findPerson(database: Database, system: string, id: string): Promise<string | undefined> {
  const [row] = await database.query<{ id: string }>(
    sql`select p.id from external_reference r join person p on p.id = r.record_id
      where r.kind = 'person' and r.system = ${system} and r.external_id = ${id} and p.active`,
  );
  return row?.id;
}

export function putIdentity({ provider, subject }: Identity, accountId: string): Statement {
  return sql`insert into account_identity (provider, subject, account_id) values (${provider}, ${subject}, ${accountId})
    on conflict (provider, subject) do update set account_id = excluded.account_id`;
}
