import type { Account, DirectoryService, Me, Role, SignInResponse, Token } from '../../generated/opora/directory/v1/directory.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { type AccountParts, accountUseCases } from './accounts.ts';
import type { KnownPermissions } from './domain/check-rights.ts';
import { narrow } from './domain/permissions.ts';
import { findMyPerson } from './people/affiliation.ts';
import { roleUseCases, toGrants } from './roles.ts';
import { type SessionParts, sessionUseCases } from './sessions.ts';
import type { StartedSession } from './start-session.ts';
import type { AccountState } from './storage/account-store.ts';
import type { TokenState } from './storage/credential-store.ts';
import { type RoleState, readReader, readRoles } from './storage/role-store.ts';
import { tokenUseCases } from './tokens.ts';

/** The contract's methods, each mapped to its use case and back. */
export function directoryMethods(parts: AccountParts & SessionParts & { known: KnownPermissions }): DirectoryService {
  const accounts = accountUseCases(parts);
  const sessions = sessionUseCases(parts);
  const tokens = tokenUseCases({ ...parts, knownPermissions: parts.known.all, findAccount: accounts.find });
  const roles = roleUseCases({ ...parts, findAccount: accounts.find });

  return {
    async getMe(_request, { principal }) {
      if (principal.kind === 'service') throw new AppError('not_found', 'A service has no account.');
      const account = await accounts.find(principal.id);
      const person = account.personId === undefined ? undefined : await findMyPerson(parts.database, account.personId);
      return { ...toMe({ ...account, permissions: principal.permissions, grants: principal.grants ?? [] }), ...(person && { person }) };
    },
    createAccount: (request, call) => accounts.create(request, call, toAccount),
    getAccount: async ({ id }) => toAccount(await accounts.find(id)),
    async listAccounts(request) {
      const { accounts: page, next } = await accounts.list(request);
      return { items: page.map(toAccount), ...(next !== undefined && { next }) };
    },
    updateAccount: (request, call) => accounts.update(request, call, toAccount),
    async getAccountRights({ id }) {
      const { id: accountId, name, active, roles: held } = await accounts.find(id);
      const [all, about] = await Promise.all([readRoles(parts.database), readReader(parts.database, accountId)]);
      const known = all.filter((role) => held.includes(role.name));
      const told = known.map(({ name: role, permissions, grants }) => ({ role, permissions: [...permissions], grants: toGrants(grants) }));
      return { accountId, name, active, roles: told, ...(about && { about }) };
    },
    listRoles: async () => ({ items: (await readRoles(parts.database)).map(toRole) }),
    getRole: async ({ name }) => toRole(await roles.find(name)),
    createRole: (request, call) => roles.create(request, call, toRole),
    updateRole: (request, call) => roles.update(request, call, toRole),
    async createToken(request, call) {
      const { answer, secret } = await tokens.create(request, call, toToken);
      return { ...answer, secret };
    },
    getToken: async ({ id }, call) => toToken(await tokens.find(id, call.principal)),
    async listTokens(request, call) {
      const { tokens: page, next } = await tokens.list(request, call.principal);
      return { items: page.map(toToken), ...(next !== undefined && { next }) };
    },
    revokeToken: ({ id }, call) => tokens.revoke(id, call, {}),
    async signIn(request, call) {
      const answer = await sessions.signIn(request, call, toSession);
      if (!('pausedUntil' in answer)) return answer;
      return { sessionId: '', secret: '', expiresAt: '', pausedUntil: new Date(answer.pausedUntil).toISOString() };
    },
    signOut: ({ secret, returnTo }, call) =>
      sessions.signOut(secret, returnTo, call, (providerUrl) => (providerUrl === undefined ? {} : { providerUrl })),
    async authenticate({ token, session }, call) {
      const holder = await sessions.authenticate(oneOf(token, session), call);
      const { permissions, grants } = narrow(holder, holder.scopes);
      return {
        accountId: holder.accountId,
        name: holder.name,
        permissions,
        grants: toGrants(grants),
        about: holder.about,
        credentialId: holder.credentialId,
        ...(holder.expiresAt !== undefined && { expiresAt: new Date(holder.expiresAt).toISOString() }),
      };
    },
  };
}

export function toSession({ id, secret, expiresAt, account }: StartedSession): SignInResponse {
  const rights = account.mustChangePassword && { permissions: [], grants: [] };
  return { sessionId: id, secret, expiresAt: new Date(expiresAt).toISOString(), me: toMe({ ...account, ...rights }) };
}

function oneOf(token: string | undefined, session: string | undefined): { kind: 'token' | 'session'; secret: string } {
  if (token !== undefined) return { kind: 'token', secret: token };
  if (session !== undefined) return { kind: 'session', secret: session };
  throw new AppError('invalid_input', 'Either a token or a session is needed.');
}

export function toAccount({
  passwordHash: _,
  permissions: __,
  grants: ___,
  roles,
  createdAt,
  updatedAt,
  pausedUntil,
  ...rest
}: AccountState): Account {
  return {
    ...rest,
    roles: [...roles],
    ...(pausedUntil !== undefined && { pausedUntil: new Date(pausedUntil).toISOString() }),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}

function toMe({ id, login, name, email, locale, roles, mustChangePassword, ...rights }: AccountState): Me {
  const { permissions, grants } = narrow(rights, []);
  return {
    id,
    login,
    name,
    ...(email !== undefined && { email }),
    locale,
    roles: [...roles],
    permissions,
    grants: toGrants(grants),
    mustChangePassword,
  };
}

function toRole({ permissions, grants, ...role }: RoleState): Role {
  return { ...role, permissions: [...permissions], grants: toGrants(grants) };
}

export function toToken({ scopes, createdAt, expiresAt, lastUsedAt, revokedAt, ...rest }: TokenState): Token {
  return {
    ...rest,
    scopes: [...scopes],
    createdAt: new Date(createdAt).toISOString(),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
    ...(lastUsedAt !== undefined && { lastUsedAt: new Date(lastUsedAt).toISOString() }),
    ...(revokedAt !== undefined && { revokedAt: new Date(revokedAt).toISOString() }),
  };
}
