import type { CreateTokenRequest, ListTokensRequest } from '../../generated/opora/directory/v1/directory.ts';
import { tokenCreated, tokenRevoked } from '../../generated/opora/directory/v1/events.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type Call, may, type Principal } from '../../platform/rpc/call.ts';
import { tellAct } from './audit/tell-act.ts';
import { type Change, describeChanges } from './domain/describe-changes.ts';
import { covers, narrow } from './domain/permissions.ts';
import { hashSecret, makeToken } from './secrets.ts';
import type { AccountState } from './storage/account-store.ts';
import { insertToken, readTokens, revokeToken, shortenToken, type TokenState } from './storage/credential-store.ts';

export interface TokenParts {
  database: Database;
  /** Everything that a scope can name. */
  knownPermissions: ReadonlySet<string>;
  findAccount(id: string): Promise<AccountState>;
}

export function tokenUseCases({ database, knownPermissions, findAccount }: TokenParts) {
  async function find(id: string, principal: Principal): Promise<TokenState> {
    const [token] = await readTokens(database, sql`where id = ${id}`);
    if (!token || !mayManage(principal, token.accountId)) throw new AppError('not_found', `There is no token "${id}" that you may see.`);
    return token;
  }

  return {
    find,

    /** The secret is given back beside the committed answer, so that no record of an idempotency key ever holds it. */
    async create<Answer>(wanted: CreateTokenRequest, call: Call, answer: (token: TokenState) => Answer): Promise<{ answer: Answer; secret: string }> {
      const accountId = wanted.accountId ?? call.principal.id;
      requireMayManage(call.principal, accountId);
      const account = await findAccount(accountId);
      const token: TokenState = {
        id: call.newId(),
        accountId,
        name: wanted.name,
        scopes: scopesFor(wanted.scopes, account, call.principal),
        createdAt: call.now,
        ...(wanted.expiresAt !== undefined && { expiresAt: readFuture(wanted.expiresAt, call.now) }),
      };
      const secret = makeToken();
      const committed = await call.commit(
        {
          statements: [insertToken(token, hashSecret(secret))],
          events: [tokenCreated({ accountId, tokenId: token.id, name: token.name, ...tellAct(call.principal, toldOf(token)) })],
        },
        answer(token),
      );
      return { answer: committed, secret };
    },

    async list({ limit = 50, after, accountId }: ListTokensRequest, principal: Principal): Promise<{ tokens: TokenState[]; next?: string }> {
      const owner = accountId ?? principal.id;
      requireMayManage(principal, owner);
      const before = after === undefined ? sql`true` : sql`id < ${decodeCursor(after, ['uuid'], '-id')[0]}`;
      const page = await readTokens(database, sql`where account_id = ${owner} and ${before} order by id desc limit ${limit + 1}`);
      const tokens = page.slice(0, limit);
      const last = tokens.at(-1);
      return { tokens, ...(page.length > limit && last && { next: encodeCursor([last.id], '-id') }) };
    },

    /** A new secret for the same purpose; the old one holds on for `overlap` milliseconds. Throws AppError `illegal_state` for a token that has ended. */
    async rotate<Answer>(
      id: string,
      overlap: number,
      call: Call,
      answer: (token: TokenState) => Answer,
    ): Promise<{ answer: Answer; secret: string }> {
      const old = await find(id, call.principal);
      if (old.revokedAt !== undefined || (old.expiresAt ?? call.now + 1) <= call.now)
        throw new AppError('illegal_state', 'The token has ended: make a new one.');
      const account = await findAccount(old.accountId);
      const token: TokenState = {
        id: call.newId(),
        accountId: old.accountId,
        name: old.name,
        scopes: scopesFor(old.scopes, account, call.principal),
        createdAt: call.now,
        ...(old.expiresAt !== undefined && { expiresAt: call.now + old.expiresAt - old.createdAt }),
      };
      const secret = makeToken();
      const made = tokenCreated({ accountId: token.accountId, tokenId: token.id, name: token.name, ...tellAct(call.principal, toldOf(token)) });
      const ended = tokenRevoked({ accountId: old.accountId, tokenId: id, name: old.name, ...tellAct(call.principal) });
      const committed = await call.commit(
        {
          statements: [insertToken(token, hashSecret(secret)), overlap > 0 ? shortenToken(id, call.now + overlap) : revokeToken(id, call.now)],
          events: overlap > 0 ? [made] : [made, ended],
        },
        answer(token),
      );
      return { answer: committed, secret };
    },

    async revoke<Answer>(id: string, call: Call, answer: Answer): Promise<Answer> {
      const token = await find(id, call.principal);
      if (token.revokedAt !== undefined) return call.commit({}, answer);
      const told = tokenRevoked({ accountId: token.accountId, tokenId: id, name: token.name, ...tellAct(call.principal) });
      return call.commit({ statements: [revokeToken(id, call.now)], events: [told] }, answer);
    },
  };

  /** A token can do no more than its account, and no more than the one who makes it. */
  function scopesFor(wanted: readonly string[], account: AccountState, maker: Principal): string[] {
    const violations = wanted.flatMap((scope, index) =>
      knownPermissions.has(scope) ? [] : [{ pointer: `/scopes/${index}`, message: 'is not a permission that exists' }],
    );
    if (violations.length > 0) throw new AppError('invalid_input', 'There is no such permission.', { violations });
    const own = { permissions: maker.permissions, grants: maker.grants ?? [] };
    if (covers(own, narrow(account, wanted))) return [...new Set(wanted)];
    const all = [...new Set([...own.permissions, ...own.grants.map(({ permission }) => permission)])];
    // No scopes would mean all that the account may do.
    if (maker.id === account.id && wanted.length === 0 && all.length > 0) return all;
    throw new AppError('not_allowed', 'Such a token could do more than you may: narrow its scopes.');
  }
}

function toldOf({ accountId, name, scopes, expiresAt }: TokenState): Change[] {
  const told = { account: accountId, name, scopes, expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString() };
  return describeChanges(undefined, told, ['account', 'name', 'scopes', 'expiresAt']);
}

function mayManage(principal: Principal, accountId: string): boolean {
  return principal.id === accountId || may(principal, 'directory.manage');
}

function requireMayManage(principal: Principal, accountId: string): void {
  if (!mayManage(principal, accountId)) throw new AppError('not_allowed', 'Tokens of others need the permission directory.manage.');
}

function readFuture(time: string, now: number): number {
  const moment = Date.parse(time);
  if (moment > now) return moment;
  throw new AppError('invalid_input', 'A token cannot have expired before it is made.', {
    violations: [{ pointer: '/expiresAt', message: 'must be in the future' }],
  });
}
