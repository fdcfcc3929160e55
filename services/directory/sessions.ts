import type { SignInRequest } from '../../generated/opora/directory/v1/directory.ts';
import { type SignInFailed, sessionEnded, signInFailed } from '../../generated/opora/directory/v1/events.ts';
import { AppError, isAppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import type { Passwords } from './passwords.ts';
import { hashSecret } from './secrets.ts';
import { isJwt } from './sign-in/oidc.ts';
import type { OtherSignIns } from './sign-in/other-sign-ins.ts';
import type { SignInGuard, Trial } from './sign-in-guard.ts';
import { type StartedSession, startSession } from './start-session.ts';
import { type AccountState, readAccounts } from './storage/account-store.ts';
import { deleteSessions, findSessionHolder, findTokenHolder, type Holder, readSessions, touch } from './storage/credential-store.ts';

export interface SessionParts {
  database: Database;
  passwords: Passwords;
  guard: SignInGuard;
  /** Signing in by others. */
  others: OtherSignIns;
}

export function sessionUseCases({ database, passwords, guard, others }: SessionParts) {
  return {
    /**
     * By the password that is kept here, or by an LDAP directory for whoever has none here. Gives the moment before which nothing is tried, after too many failures.
     * Throws AppError `unauthenticated`, the same for a wrong password, an unknown login and an account that is not active.
     */
    async signIn<Answer>(
      { login, password, address }: SignInRequest,
      call: Call,
      answer: (session: StartedSession) => Answer,
    ): Promise<Answer | { pausedUntil: number }> {
      const begun = await guard.begin(login, address, call.now);
      if ('pausedUntil' in begun) return begun;
      const { trial } = begun;
      const refuse = async (account: AccountState | undefined, reason: SignInFailed['reason'], error: AppError) => {
        const { events, statements } = await guard.fail(trial, account, call.now);
        const failed = signInFailed({ ...tellAttempt(account), reason, ...(address !== undefined && { address }) });
        await database.commit({ statements, events: [failed, ...events] });
        return error;
      };
      const [account] = await readAccounts(database, sql`where a.login_key = lower(${login})`);
      const isRight = await passwords.matches(account?.passwordHash, password);
      if (account?.active && isRight) {
        const { session, changes } = startSession(account, { address }, call);
        return call.commit({ ...changes, statements: [...changes.statements, ...guard.succeed(trial)] }, answer(session));
      }
      const other = account?.passwordHash === undefined ? await askOthers(trial, login, password, call) : undefined;
      if (!other) throw await refuse(account, whyRefused(account), new AppError('unauthenticated', 'The login or the password is wrong.'));
      try {
        const { provider, account: found, statements, events } = await other.resolve();
        const { session, changes } = startSession(found, { address, provider }, call);
        return await call.commit(
          { statements: [...statements, ...changes.statements, ...guard.succeed(trial)], events: [...events, ...changes.events] },
          answer(session),
        );
      } catch (error) {
        throw isAppError(error, 'not_allowed') ? await refuse(account, 'provider_refused', error) : error;
      }
    },

    /** `returnTo`: where the provider by which its owner signed in sends the browser in the end. */
    async signOut<Answer>(secret: string, returnTo: string | undefined, call: Call, answer: (providerUrl?: string) => Answer): Promise<Answer> {
      const [session] = await readSessions(database, sql`secret_hash = ${hashSecret(secret)}`);
      if (!session) return answer();
      const providerUrl = session.provider === null || returnTo === undefined ? undefined : await others.endUrl(session.provider, returnTo);
      return call.commit(
        { statements: [deleteSessions([session.id])], events: [sessionEnded({ accountId: session.accountId, sessionId: session.id })] },
        answer(providerUrl),
      );
    },

    /** Throws AppError `unauthenticated` for what is unknown, revoked, expired, or of an account that is not active. */
    async authenticate(credential: { kind: 'token' | 'session'; secret: string }, call: Call): Promise<Holder> {
      if (credential.kind === 'token' && isJwt(credential.secret)) return others.findHolder(credential.secret, call.now);
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

  /** A provider that cannot be asked is nobody's failure. */
  async function askOthers(trial: Trial, login: string, password: string, call: Call) {
    try {
      return await others.byPassword(login, password, call);
    } catch (error) {
      await database.commit({ statements: guard.takeBack(trial) });
      throw error;
    }
  }

  /** Knowing when a token was last used is not worth refusing its holder, when nothing can be written (a full disk). */
  async function keepLastUse(kind: 'token' | 'session', id: string, call: Call): Promise<void> {
    try {
      await database.commit({ statements: [touch(kind, id, call.now)] });
    } catch (error) {
      call.log.warn({ err: error }, 'the last use of a credential was not kept');
    }
  }
}

function whyRefused(account: AccountState | undefined): SignInFailed['reason'] {
  if (!account) return 'unknown_login';
  if (account.passwordHash === undefined) return 'no_password';
  return account.active ? 'wrong_password' : 'not_active';
}

/** Of a login that nobody has only that: what was typed there may have been a password. */
function tellAttempt(account: AccountState | undefined): Pick<SignInFailed, 'accountId' | 'login'> {
  return account ? { accountId: account.id, login: account.login } : { accountId: 'unknown' };
}
