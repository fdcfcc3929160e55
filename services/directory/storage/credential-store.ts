import type { Reader } from '../../../generated/opora/directory/v1/directory.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, raw, type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { Grant, Rights } from '../domain/permissions.ts';
import { coarseMilliseconds, idleMilliseconds } from '../domain/session.ts';
import { readerOfAccount, rightsOfAccount } from './role-store.ts';

/** A token as it is kept: times are epoch milliseconds. */
export interface TokenState {
  id: string;
  accountId: string;
  name: string;
  scopes: readonly string[];
  createdAt: number;
  expiresAt?: number;
  lastUsedAt?: number;
  revokedAt?: number;
}

/** Who holds a token or a session. */
export interface Holder extends Rights {
  credentialId: string;
  accountId: string;
  name: string;
  about: Reader;
  /** Empty: not narrowed. */
  scopes: readonly string[];
  expiresAt?: number;
  /** True when the last use that is kept is old enough to be written again. */
  isStale: boolean;
  /** A session of somebody who must choose a new password first. */
  mustChangePassword: boolean;
}

interface TokenRow {
  id: string;
  account_id: string;
  name: string;
  scopes: string[];
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

interface HolderRow {
  id: string;
  account_id: string;
  name: string;
  permissions: string[];
  grants: Grant[];
  about: Reader;
  scopes: string[];
  expires_at: Date | null;
  is_stale: boolean;
  must_change_password: boolean;
}

/** `rest`: what comes after `from token`. */
export async function readTokens(database: Database, rest: Statement): Promise<TokenState[]> {
  const rows = await database.query<TokenRow>(
    sql`select id, account_id, name, scopes, created_at, expires_at, last_used_at, revoked_at from token ${rest}`,
  );
  return rows.map((row) => ({
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    scopes: row.scopes,
    createdAt: row.created_at.getTime(),
    ...(row.expires_at && { expiresAt: row.expires_at.getTime() }),
    ...(row.last_used_at && { lastUsedAt: row.last_used_at.getTime() }),
    ...(row.revoked_at && { revokedAt: row.revoked_at.getTime() }),
  }));
}

export function insertToken(token: TokenState, secretHash: Buffer): Statement {
  return sql`insert into token (id, account_id, name, scopes, secret_hash, created_at, expires_at)
    values (${token.id}, ${token.accountId}, ${token.name}, ${token.scopes}, ${secretHash}, ${new Date(token.createdAt)}, ${dateOf(token.expiresAt)})`;
}

/** The token ends then, unless it ends sooner. */
export function shortenToken(id: string, expiresAt: number): Statement {
  return exactly(1, sql`update token set expires_at = least(expires_at, ${new Date(expiresAt)}) where id = ${id} and revoked_at is null returning 1`);
}

export function revokeToken(id: string, now: number): Statement {
  return sql`update token set revoked_at = ${new Date(now)} where id = ${id} and revoked_at is null`;
}

export interface SessionState {
  id: string;
  accountId: string;
  createdAt: number;
  expiresAt: number;
  provider: string | undefined;
}

export function insertSession(session: SessionState, secretHash: Buffer): Statement {
  return sql`insert into session (id, account_id, secret_hash, created_at, last_used_at, expires_at, provider)
    values (${session.id}, ${session.accountId}, ${secretHash}, ${new Date(session.createdAt)}, ${new Date(session.createdAt)}, ${new Date(session.expiresAt)}, ${session.provider ?? null})`;
}

export async function readSessions(database: Database, where: Statement): Promise<{ id: string; accountId: string; provider: string | null }[]> {
  return database.query(sql`select id, account_id as "accountId", provider from session where ${where}`);
}

export function deleteSessions(ids: readonly string[]): Statement {
  return sql`delete from session where id = any(${ids}::uuid[])`;
}

/** Takes away what nobody can use any more, a little at a time. */
export function deleteEndedSessions(now: number): Statement {
  return sql`delete from session where id in (select id from session where expires_at < ${new Date(now)} limit 100)`;
}

export async function findTokenHolder(database: Database, secretHash: Buffer, now: number): Promise<Holder | undefined> {
  return findHolder(
    database,
    sql`select c.id, c.account_id, a.name, ${rightsOfAccount}, ${readerOfAccount}, c.scopes, c.expires_at, false as must_change_password,
        coalesce(c.last_used_at < ${new Date(now - coarseMilliseconds)}, true) as is_stale
      from token c join account a on a.id = c.account_id
      where c.secret_hash = ${secretHash} and a.active and c.revoked_at is null and coalesce(c.expires_at > ${new Date(now)}, true)`,
  );
}

export async function findSessionHolder(database: Database, secretHash: Buffer, now: number): Promise<Holder | undefined> {
  return findHolder(
    database,
    sql`select c.id, c.account_id, a.name, ${rightsOfAccount}, ${readerOfAccount}, '{}'::text[] as scopes, c.expires_at, a.must_change_password and c.provider is null as must_change_password,
        c.last_used_at < ${new Date(now - coarseMilliseconds)} as is_stale
      from session c join account a on a.id = c.account_id
      where c.secret_hash = ${secretHash} and a.active and c.expires_at > ${new Date(now)} and c.last_used_at > ${new Date(now - idleMilliseconds)}`,
  );
}

/** Whom a provider's access token stands for. */
export async function findSubjectHolder(
  database: Database,
  { provider, subject, credentialId, expiresAt }: { provider: string; subject: string; credentialId: string; expiresAt: number },
): Promise<Holder | undefined> {
  return findHolder(
    database,
    sql`select ${credentialId}::uuid as id, a.id as account_id, a.name, ${rightsOfAccount}, '{}'::text[] as scopes, ${new Date(expiresAt)}::timestamptz as expires_at,
        false as must_change_password, false as is_stale
      from account_identity i join account a on a.id = i.account_id where i.provider = ${provider} and i.subject = ${subject} and a.active`,
  );
}

export function touch(kind: 'token' | 'session', id: string, now: number): Statement {
  return sql`update ${raw(kind)} set last_used_at = ${new Date(now)} where id = ${id}`;
}

async function findHolder(database: Database, statement: Statement): Promise<Holder | undefined> {
  const [row] = await database.query<HolderRow>(statement);
  return (
    row && {
      credentialId: row.id,
      accountId: row.account_id,
      name: row.name,
      permissions: row.permissions,
      grants: row.grants,
      about: row.about,
      scopes: row.scopes,
      ...(row.expires_at && { expiresAt: row.expires_at.getTime() }),
      isStale: row.is_stale,
      mustChangePassword: row.must_change_password,
    }
  );
}

function dateOf(moment: number | undefined): Date | null {
  return moment === undefined ? null : new Date(moment);
}
