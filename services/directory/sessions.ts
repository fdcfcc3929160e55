import type { SignInRequest } from '../../generated/opora/directory/v1/directory.ts';
import { type SignInFailed, sessionEnded, sessionStarted, signInFailed } from '../../generated/opora/directory/v1/events.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { longestMilliseconds } from './domain/session.ts';
import type { Passwords } from './passwords.ts';
import { hashSecret, makeSessionSecret } from './secrets.ts';
import type { SignInGuard } from './sign-in-guard.ts';
import { type AccountState, readAccounts } from './storage/account-store.ts';
import {
  deleteEndedSessions,
  deleteSessions,
  findSessionHolder,
  findTokenHolder,
  type Holder,
  insertSession,
  readSessions,
  touch,
} from './storage/credential-store.ts';

export interface StartedSession {
  id: string;
  secret: string;
  expiresAt: number;
  account: AccountState;
}

export function sessionUseCases({ database, passwords, guard }: { database: Database; passwords: Passwords; guard: SignInGuard }) {
  return {
    /** Gives the moment before which nothing is tried, after too many failures. Throws AppError `unauthenticated`, the same for a wrong password, an unknown login and an account that is not active. */
    async signIn<Answer>(
      { login, password, address }: SignInRequest,
      call: Call,
      answer: (session: StartedSession) => Answer,
    ): Promise<Answer | { pausedUntil: number }> {
      const begun = await guard.begin(login, address, call.now);
      if ('pausedUntil' in begun) return begun;
      const [account] = await readAccounts(database, sql`where a.login_key = lower(${login})`);
      const isRight = await passwords.matches(account?.passwordHash, password);
      const from = address !== undefined && { address };
      const reason = whyRefused(account, isRight);
      if (!account || reason) {
        const { events, statements } = await guard.fail(begun.trial, account, call.now);
        await database.commit({
          statements,
          events: [signInFailed({ ...tellAttempt(account), reason: reason ?? 'unknown_login', ...from }), ...events],
        });
        throw new AppError('unauthenticated', 'The login or the password is wrong.');
      }
      const session: StartedSession = { id: call.newId(), secret: makeSessionSecret(), expiresAt: call.now + longestMilliseconds, account };
      const row = { id: session.id, accountId: account.id, createdAt: call.now, expiresAt: session.expiresAt };
      return call.commit(
        {
          statements: [insertSession(row, hashSecret(session.secret)), deleteEndedSessions(call.now), ...guard.succeed(begun.trial)],
          events: [sessionStarted({ accountId: account.id, sessionId: session.id, login: account.login, ...from })],
        },
        answer(session),
      );
    },

    async signOut<Answer>(secret: string, call: Call, answer: Answer): Promise<Answer> {
      const [session] = await readSessions(database, sql`secret_hash = ${hashSecret(secret)}`);
      if (!session) return answer;
      return call.commit(
        { statements: [deleteSessions([session.id])], events: [sessionEnded({ accountId: session.accountId, sessionId: session.id })] },
        answer,
      );
    },

    /** Throws AppError `unauthenticated` for what is unknown, revoked, expired, or of an account that is not active. */
    async authenticate(credential: { kind: 'token' | 'session'; secret: string }, call: Call): Promise<Holder> {
      const find = credential.kind === 'token' ? findTokenHolder : findSessionHolder;
      const holder = await find(database, hashSecret(credential.secret), call.now);
      if (!holder)
        throw new AppError(
          'unauthenticated',
          credential.kind === 'token' ? 'The token is not valid (any more).' : 'The session has ended. Sign in again.',
        );
      if (holder.isStale) await keepLastUse(credential.kind, holder.credentialId, call);
      return holder.mustChangePassword ? { ...holder, permissions: [], grants: [] } : holder;
    },
  };

  /** Knowing when a token was last used is not worth refusing its holder, when nothing can be written (a full disk). */
  async function keepLastUse(kind: 'token' | 'session', id: string, call: Call): Promise<void> {
    try {
      await database.commit({ statements: [touch(kind, id, call.now)] });
    } catch (error) {
      call.log.warn({ err: error }, 'the last use of a credential was not kept');
    }
  }
}

function whyRefused(account: AccountState | undefined, isRight: boolean): SignInFailed['reason'] | undefined {
  if (!account) return 'unknown_login';
  if (account.passwordHash === undefined) return 'no_password';
  if (!isRight) return 'wrong_password';
  return account.active ? undefined : 'not_active';
}

/** Of a login that nobody has only that: what was typed there may have been a password. */
function tellAttempt(account: AccountState | undefined): Pick<SignInFailed, 'accountId' | 'login'> {
  return account ? { accountId: account.id, login: account.login } : { accountId: 'unknown' };
}
