import type { CreateAccountRequest, ListAccountsRequest, UpdateAccountRequest } from '../../generated/opora/directory/v1/directory.ts';
import { accountCreated, accountUpdated, sessionEnded } from '../../generated/opora/directory/v1/events.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { violatedConstraint } from '../../platform/postgres/server-error.ts';
import { joinSql, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Call, Principal } from '../../platform/rpc/call.ts';
import { tellAct } from './audit/tell-act.ts';
import { choosePassword } from './choose-password.ts';
import { describeChanges } from './domain/describe-changes.ts';
import { covers, type Rights, unite } from './domain/permissions.ts';
import type { Passwords } from './passwords.ts';
import { findMissing } from './records/check-references.ts';
import { requireCovered } from './roles.ts';
import { type AccountState, insertAccount, readAccounts, updateAccount } from './storage/account-store.ts';
import { deleteSessions, readSessions } from './storage/credential-store.ts';
import { readRoles } from './storage/role-store.ts';

export interface AccountParts {
  database: Database;
  passwords: Passwords;
  defaultLocale: AccountState['locale'];
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function accountUseCases({ database, passwords, defaultLocale }: AccountParts) {
  async function find(idOrLogin: string): Promise<AccountState> {
    const where = uuidPattern.test(idOrLogin) ? sql`where a.id = ${idOrLogin}` : sql`where a.login_key = lower(${idOrLogin})`;
    const [account] = await readAccounts(database, where);
    if (!account) throw new AppError('not_found', `There is no account "${idOrLogin}".`);
    return account;
  }

  /** The rights of roles. Throws `invalid_input` for a role that does not exist, `not_allowed` for one that gives more than the giver has. */
  async function rightsToGive(names: readonly string[], giver: Principal): Promise<Rights> {
    const roles = new Map((await readRoles(database)).map((role) => [role.name, role]));
    const violations = names.flatMap((name, index) =>
      roles.has(name) ? [] : [{ pointer: `/roles/${index}`, message: `must be one of: ${[...roles.keys()].join(', ')}` }],
    );
    if (violations.length > 0) throw new AppError('invalid_input', 'There is no such role.', { violations });
    const rights = unite(names.flatMap((name) => roles.get(name) ?? []));
    requireCovered(giver, rights);
    return rights;
  }

  async function requirePerson(id: string): Promise<string> {
    const violations = await findMissing(database, [{ kind: 'person', id, pointer: '/personId' }]);
    if (violations.length > 0) throw new AppError('invalid_input', 'There is no such person.', { violations });
    return id;
  }

  return {
    find,

    async create<Answer>(wanted: CreateAccountRequest, call: Call, answer: (account: AccountState) => Answer): Promise<Answer> {
      const roles = [...new Set(wanted.roles.length > 0 ? wanted.roles : ['requester'])];
      const account: AccountState = {
        id: call.newId(),
        login: wanted.login,
        name: wanted.name,
        ...(wanted.email !== undefined && { email: wanted.email }),
        locale: wanted.locale ?? defaultLocale,
        roles,
        active: true,
        ...(wanted.password !== undefined && { passwordHash: await choosePassword(passwords, wanted.password, wanted, '/password') }),
        mustChangePassword: wanted.mustChangePassword ?? false,
        ...(wanted.personId !== undefined && { personId: await requirePerson(wanted.personId) }),
        version: 1,
        createdAt: call.now,
        updatedAt: call.now,
        ...(await rightsToGive(roles, call.principal)),
      };
      try {
        return await call.commit({ statements: [insertAccount(account)], events: [announceCreated(account, call.principal)] }, answer(account));
      } catch (error) {
        if (violatedConstraint(error) !== 'account_login_key_key') throw error;
        const violations = [{ pointer: '/login', message: 'is taken by another account' }];
        throw new AppError('conflict', `The login "${wanted.login}" is taken.`, { violations, cause: error });
      }
    },

    async list({ limit = 50, after, q, role, active, personId }: ListAccountsRequest): Promise<{ accounts: AccountState[]; next?: string }> {
      const conditions: Statement[] = [sql`true`];
      if (q !== undefined) conditions.push(sql`position(lower(${q}) in lower(a.name || ' ' || a.login || ' ' || coalesce(a.email, ''))) > 0`);
      if (role !== undefined) conditions.push(sql`${role} = any(a.roles)`);
      if (active !== undefined) conditions.push(sql`a.active = ${active}`);
      if (personId !== undefined) conditions.push(sql`a.person_id = ${personId}`);
      if (after !== undefined) conditions.push(sql`a.login_key > ${decodeCursor(after, ['string'], 'login')[0]}`);
      const page = await readAccounts(database, sql`where ${joinSql(conditions, ' and ')} order by a.login_key limit ${limit + 1}`);
      const accounts = page.slice(0, limit);
      const last = accounts.at(-1);
      return { accounts, ...(page.length > limit && last && { next: encodeCursor([last.login.toLowerCase()], 'login') }) };
    },

    async update<Answer>(wanted: UpdateAccountRequest, call: Call, answer: (account: AccountState) => Answer): Promise<Answer> {
      const before = await find(wanted.id);
      if (before.version !== wanted.expectedVersion) {
        throw new AppError(
          'conflict',
          `The account was changed meanwhile: it is at version ${before.version}, not ${wanted.expectedVersion}. Read it again.`,
        );
      }
      requireCovered(call.principal, before);
      const roles = wanted.roles.length > 0 ? [...new Set(wanted.roles)] : before.roles;
      const account: AccountState = {
        ...before,
        ...(wanted.name !== undefined && { name: wanted.name }),
        ...(wanted.email !== undefined && { email: wanted.email }),
        ...(wanted.locale !== undefined && { locale: wanted.locale }),
        ...(wanted.active !== undefined && { active: wanted.active }),
        ...(wanted.password !== undefined && {
          passwordHash: await choosePassword(passwords, wanted.password, { ...before, ...wanted }, '/password'),
        }),
        ...(wanted.mustChangePassword !== undefined && { mustChangePassword: wanted.mustChangePassword }),
        ...(wanted.personId !== undefined && { personId: await requirePerson(wanted.personId) }),
        roles,
        ...(wanted.roles.length > 0 && (await rightsToGive(roles, call.principal))),
        version: before.version + 1,
        updatedAt: call.now,
      };
      if (before.id === call.principal.id && !(account.active && covers(account, before))) {
        throw new AppError('illegal_state', 'Nobody can take away their own rights: ask another administrator.');
      }
      const mustEndSessions = !account.active || wanted.password !== undefined;
      const ending = mustEndSessions ? await endSessions(database, account.id) : { statements: [], events: [] };
      return call.commit(
        {
          statements: [updateAccount(account), ...ending.statements],
          events: [announceUpdated(before, account, call.principal), ...ending.events],
        },
        answer(account),
      );
    },
  };
}

export function announceCreated(account: AccountState, maker: Pick<Principal, 'id' | 'name'>) {
  return accountCreated({ ...toldOf(account), ...tellAct(maker, describeChanges(undefined, account, toldFields)) });
}

/** All sessions of an account, to be ended with whatever ends them. */
export async function endSessions(database: Database, accountId: string) {
  const sessions = await readSessions(database, sql`account_id = ${accountId}`);
  return {
    statements: sessions.length > 0 ? [deleteSessions(sessions.map(({ id }) => id))] : [],
    events: sessions.map(({ id }) => sessionEnded({ accountId, sessionId: id })),
  };
}

export function announceUpdated(before: AccountState, account: AccountState, editor: Pick<Principal, 'id' | 'name'>) {
  const changes = describeChanges(before, account, toldFields);
  const withPassword = account.passwordHash === before.passwordHash ? changes : [...changes, { field: 'password' }];
  return accountUpdated({ ...toldOf(account), active: account.active, ...tellAct(editor, withPassword) });
}

/** What the audit log tells of an account. */
const toldFields = ['login', 'name', 'email', 'locale', 'roles', 'active', 'mustChangePassword', 'personId'] as const;

function toldOf(account: AccountState) {
  return {
    accountId: account.id,
    login: account.login,
    name: account.name,
    ...(account.email !== undefined && { email: account.email }),
    locale: account.locale,
    roles: [...account.roles],
    version: account.version,
  };
}
