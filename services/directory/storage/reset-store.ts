import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';

/** The account has one reset: the last that was made. */
export function putReset(accountId: string, secretHash: Buffer, expiresAt: number): Statement {
  return sql`insert into password_reset (account_id, secret_hash, expires_at) values (${accountId}, ${secretHash}, ${new Date(expiresAt)})
    on conflict (account_id) do update set secret_hash = excluded.secret_hash, expires_at = excluded.expires_at`;
}

export async function findReset(database: Database, secretHash: Buffer, now: number): Promise<{ accountId: string } | undefined> {
  const [row] = await database.query<{ accountId: string }>(
    sql`select account_id as "accountId" from password_reset where secret_hash = ${secretHash} and expires_at > ${new Date(now)}`,
  );
  return row;
}

/** Of two who use it at once one has a conflict. */
export function useReset(secretHash: Buffer): Statement {
  return exactly(1, sql`delete from password_reset where secret_hash = ${secretHash} returning 1`);
}

/** Whoever has chosen a new password needs no reset any more. */
export function endReset(accountId: string): Statement {
  return sql`delete from password_reset where account_id = ${accountId}`;
}
