import type { Account } from '../../../generated/opora/directory/v1/directory.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { Grant, Rights } from '../domain/permissions.ts';
import { keyOf } from './attempt-store.ts';
import { rightsOfAccount } from './role-store.ts';

/** An account as it is kept, with the rights that its roles give it: times are epoch milliseconds. */
export interface AccountState extends Rights {
  id: string;
  login: string;
  name: string;
  email?: string;
  locale: Account['locale'];
  roles: readonly string[];
  active: boolean;
  passwordHash?: string;
  personId?: string;
  /** Whoever signs in has no rights until a new password is chosen. */
  mustChangePassword: boolean;
  /** No sign-in is tried before this moment; it may be over. */
  pausedUntil?: number;
  version: number;
  createdAt: number;
  updatedAt: number;
}

interface AccountRow {
  id: string;
  login: string;
  name: string;
  email: string | null;
  locale: Account['locale'];
  roles: string[];
  active: boolean;
  password_hash: string | null;
  person_id: string | null;
  must_change_password: boolean;
  paused_until: Date | null;
  version: number;
  created_at: Date;
  updated_at: Date;
  permissions: string[];
  grants: Grant[];
}

/** `rest`: what comes after `from account a`. */
export async function readAccounts(database: Database, rest: Statement): Promise<AccountState[]> {
  const rows = await database.query<AccountRow>(
    sql`select a.id, a.login, a.name, a.email, a.locale, a.roles, a.active, a.password_hash, a.must_change_password, a.person_id, a.version, a.created_at, a.updated_at,
      (select f.paused_until from attempt f where f.key = ${keyOf(sql`'login'`, sql`a.login`)}) as paused_until, ${rightsOfAccount} from account a ${rest}`,
  );
  return rows.map((row) => ({
    id: row.id,
    login: row.login,
    name: row.name,
    ...(row.email !== null && { email: row.email }),
    locale: row.locale,
    roles: row.roles,
    active: row.active,
    ...(row.password_hash !== null && { passwordHash: row.password_hash }),
    ...(row.person_id !== null && { personId: row.person_id }),
    mustChangePassword: row.must_change_password,
    ...(row.paused_until && { pausedUntil: row.paused_until.getTime() }),
    version: row.version,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
    permissions: row.permissions,
    grants: row.grants,
  }));
}

export function insertAccount(account: AccountState): Statement {
  return sql`insert into account (id, login, name, email, locale, roles, active, password_hash, must_change_password, person_id, version, created_at, updated_at)
    values (${account.id}, ${account.login}, ${account.name}, ${account.email ?? null}, ${account.locale}, ${account.roles}, ${account.active},
      ${account.passwordHash ?? null}, ${account.mustChangePassword}, ${account.personId ?? null}, ${account.version}, ${new Date(account.createdAt)}, ${new Date(account.updatedAt)})`;
}

/** Only if it still has the version before; otherwise the commit is a conflict. */
export function updateAccount(account: AccountState): Statement {
  return exactly(
    1,
    sql`update account set name = ${account.name}, email = ${account.email ?? null}, locale = ${account.locale}, roles = ${account.roles},
        active = ${account.active}, password_hash = ${account.passwordHash ?? null}, must_change_password = ${account.mustChangePassword}, person_id = ${account.personId ?? null}, version = ${account.version}, updated_at = ${new Date(account.updatedAt)}
      where id = ${account.id} and version = ${account.version - 1} returning 1`,
  );
}
