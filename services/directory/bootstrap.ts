import { tokenCreated } from '../../generated/opora/directory/v1/events.ts';
import type { Clock, NewId } from '../../platform/clock/clock.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { announceCreated } from './accounts.ts';
import { tellAct } from './audit/tell-act.ts';
import type { Passwords } from './passwords.ts';
import { hashSecret, makePassword } from './secrets.ts';
import { type AccountState, insertAccount } from './storage/account-store.ts';
import { insertToken, type TokenState } from './storage/credential-store.ts';

export interface BootstrapParts {
  database: Database;
  passwords: Passwords;
  clock: Clock;
  newId: NewId;
  locale: AccountState['locale'];
  /** Undefined: a random one is made. */
  password?: string | undefined;
  token?: string | undefined;
}

/**
 * Makes the administrator in a schema that has no account yet, with the given API token if there is one. Gives back the password only when
 * it was made here, so that somebody can be told.
 */
export async function createFirstAdministrator(parts: BootstrapParts): Promise<{ madePassword?: string }> {
  const { database, passwords, clock, newId, locale } = parts;
  const [known] = await database.query(sql`select 1 from account limit 1`);
  if (known) return {};
  const now = clock.now();
  const maker = { id: 'directory', name: 'directory' };
  const password = parts.password ?? makePassword();
  const account: AccountState = {
    id: newId(now),
    login: 'admin',
    name: locale === 'ru' ? 'Администратор' : 'Administrator',
    locale,
    roles: ['administrator'],
    active: true,
    passwordHash: await passwords.hash(password),
    mustChangePassword: false,
    version: 1,
    createdAt: now,
    updatedAt: now,
    permissions: ['*'],
    grants: [],
  };
  const token: TokenState = { id: newId(now), accountId: account.id, name: 'OPORA_ADMIN_TOKEN', scopes: [], createdAt: now };
  const withToken = parts.token !== undefined && {
    statements: [insertToken(token, hashSecret(parts.token))],
    events: [tokenCreated({ accountId: account.id, tokenId: token.id, name: token.name, ...tellAct(maker) })],
  };
  try {
    await database.commit({
      statements: [insertAccount(account), ...(withToken ? withToken.statements : [])],
      events: [announceCreated(account, maker), ...(withToken ? withToken.events : [])],
    });
  } catch (error) {
    if (isAppError(error, 'conflict')) return {}; // another replica was quicker, and it tells the password
    throw error;
  }
  return parts.password === undefined ? { madePassword: password } : {};
}
