import { identityTied } from '../../../generated/opora/directory/v1/events.ts';
import type { NewEvent } from '../../../platform/bus/event.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { Call } from '../../../platform/rpc/call.ts';
import { announceCreated, announceUpdated } from '../accounts.ts';
import { tellAct } from '../audit/tell-act.ts';
import { unite } from '../domain/permissions.ts';
import { rolesOf, type Subject } from '../domain/subject.ts';
import { type AccountState, insertAccount, readAccounts, updateAccount } from '../storage/account-store.ts';
import { readRoles } from '../storage/role-store.ts';
import { findIdentity, findPerson, putIdentity } from './identity-store.ts';
import type { ProviderState } from './provider-store.ts';

export interface ResolveParts {
  database: Database;
  defaultLocale: AccountState['locale'];
}

/** Whose account a subject's is, and what has to be written before it may sign in. */
export interface Resolved {
  account: AccountState;
  statements: Statement[];
  events: NewEvent[];
}

const loginPattern = /^[\p{L}\p{N}._@+-]{1,100}$/u;

/**
 * Finds the account of a subject by what was tied before; else, as far as the provider may, by its login, or makes one. Then it has the name, the mail address and the roles that
 * the provider says. Throws AppError `not_allowed` with what somebody has to do about it.
 */
export async function resolveSubject(parts: ResolveParts, provider: ProviderState, subject: Subject, call: Call): Promise<Resolved> {
  const { database } = parts;
  const known = await findIdentity(database, { provider: provider.name, subject: subject.subject });
  const where = known === undefined ? sql`where a.login_key = lower(${subject.login ?? ''})` : sql`where a.id = ${known}`;
  const [found] = await readAccounts(database, where);
  if (!found) return makeAccount(parts, provider, subject, call);
  if (!found.active) throw new AppError('not_allowed', 'The account is not active: ask an administrator.');
  const tying = known === undefined ? tie(provider, subject, found) : { statements: [], events: [] };
  if (known === undefined && !provider.linksAccounts)
    throw new AppError(
      'not_allowed',
      `There is an account "${found.login}" that is not tied to ${provider.titleEn}: ask an administrator to tie it.`,
    );
  const after = await follow(parts, provider, subject, found, call);
  if (!after) return { account: found, ...tying };
  return {
    account: after,
    statements: [updateAccount(after), ...tying.statements],
    events: [announceUpdated(found, after, actorOf(provider)), ...tying.events],
  };
}

async function makeAccount({ database, defaultLocale }: ResolveParts, provider: ProviderState, subject: Subject, call: Call): Promise<Resolved> {
  if (!provider.createsAccounts)
    throw new AppError('not_allowed', `Nobody here is known to ${provider.titleEn} like that: ask an administrator for an account.`);
  const login = subject.login ?? subject.email ?? '';
  if (!loginPattern.test(login)) throw new AppError('not_allowed', `${provider.titleEn} tells no login that can be one here: ask an administrator.`);
  const roles = rolesOf(subject.groups, provider);
  const personId = await personOf(database, provider, subject);
  const account: AccountState = {
    id: call.newId(),
    login,
    name: (subject.name ?? login).slice(0, 200),
    ...(subject.email !== undefined && { email: subject.email }),
    locale: defaultLocale,
    roles: roles.length > 0 ? roles : ['requester'],
    active: true,
    mustChangePassword: false,
    ...(personId !== undefined && { personId }),
    version: 1,
    createdAt: call.now,
    updatedAt: call.now,
    permissions: [],
    grants: [],
  };
  const tying = tie(provider, subject, account);
  return {
    account: await withRights(database, account),
    statements: [insertAccount(account), ...tying.statements],
    events: [announceCreated(account, actorOf(provider)), ...tying.events],
  };
}

/** The account as its provider has it now; undefined when that is how it is. */
async function follow(
  { database }: ResolveParts,
  provider: ProviderState,
  subject: Subject,
  before: AccountState,
  call: Call,
): Promise<AccountState | undefined> {
  const roles = provider.groupRoles.length > 0 ? rolesOf(subject.groups, provider) : before.roles;
  const name = subject.name?.slice(0, 200) ?? before.name;
  const email = subject.email ?? before.email;
  const personId = (await personOf(database, provider, subject)) ?? before.personId;
  const isSame =
    name === before.name && email === before.email && personId === before.personId && [...roles].sort().join() === [...before.roles].sort().join();
  if (isSame) return undefined;
  const after = {
    ...before,
    name,
    ...(email !== undefined && { email }),
    ...(personId !== undefined && { personId }),
    roles,
    version: before.version + 1,
    updatedAt: call.now,
  };
  return withRights(database, after);
}

async function personOf(database: Database, { personSystem }: ProviderState, { person }: Subject): Promise<string | undefined> {
  return personSystem === undefined || person === undefined ? undefined : findPerson(database, personSystem, person);
}

async function withRights(database: Database, account: AccountState): Promise<AccountState> {
  const roles = (await readRoles(database)).filter(({ name }) => account.roles.includes(name));
  return { ...account, ...unite(roles) };
}

function tie({ name, ...provider }: ProviderState, { subject }: Subject, { id, login }: AccountState) {
  const told = identityTied({
    accountId: id,
    login,
    provider: name,
    subject,
    ...tellAct(actorOf({ name, ...provider }), [{ field: 'subject', after: subject }]),
  });
  return { statements: [putIdentity({ provider: name, subject }, id)], events: [told] };
}

function actorOf({ name, titleEn }: ProviderState): { id: string; name: string } {
  return { id: `sign-in/${name}`, name: titleEn };
}
