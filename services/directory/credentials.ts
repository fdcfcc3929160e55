import type { ChangePasswordRequest, ResetPasswordRequest } from '../../generated/opora/directory/v1/credentials.ts';
import { accountUnlocked, passwordResetAsked, passwordResetCreated } from '../../generated/opora/directory/v1/events.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { announceUpdated, endSessions } from './accounts.ts';
import { tellAct } from './audit/tell-act.ts';
import { choosePassword } from './choose-password.ts';
import type { Passwords } from './passwords.ts';
import { requireCovered } from './roles.ts';
import { hashSecret, makeSessionSecret } from './secrets.ts';
import type { SignInGuard } from './sign-in-guard.ts';
import { type AccountState, readAccounts, updateAccount } from './storage/account-store.ts';
import { endReset, findReset, putReset, useReset } from './storage/reset-store.ts';

export interface CredentialParts {
  database: Database;
  passwords: Passwords;
  guard: SignInGuard;
  findAccount(id: string): Promise<AccountState>;
}

/** How long a reset can be used. */
const resetMilliseconds = 24 * 3_600_000;

export function credentialUseCases({ database, passwords, guard, findAccount }: CredentialParts) {
  /** Whoever had got hold of a session is thrown out with all others. */
  async function setPassword<Answer>(account: AccountState, passwordHash: string, more: readonly Statement[], call: Call, answer: Answer) {
    const changed: AccountState = { ...account, passwordHash, mustChangePassword: false, version: account.version + 1, updatedAt: call.now };
    const ending = await endSessions(database, account.id);
    return call.commit(
      {
        statements: [updateAccount(changed), ...more, ...ending.statements],
        events: [announceUpdated(account, changed, { id: account.id, name: account.name }), ...ending.events],
      },
      answer,
    );
  }

  return {
    /** Throws AppError `unavailable` while the account waits after failures, `invalid_input` for a wrong present password and for a new one that is easily guessed. */
    async changePassword<Answer>({ currentPassword, newPassword }: ChangePasswordRequest, call: Call, answer: Answer): Promise<Answer> {
      const account = await findAccount(call.principal.id);
      const begun = await guard.begin(account.login, undefined, call.now);
      if ('pausedUntil' in begun) throw refuseForNow(begun.pausedUntil, call.now);
      if (!(await passwords.matches(account.passwordHash, currentPassword))) {
        await database.commit(await guard.fail(begun.trial, account, call.now));
        throw new AppError('invalid_input', 'The present password is another one.', {
          violations: [{ pointer: '/currentPassword', message: 'is not the present password' }],
        });
      }
      if (newPassword.normalize('NFKC') === currentPassword.normalize('NFKC')) {
        throw new AppError('invalid_input', 'The new password is the old one.', {
          violations: [{ pointer: '/newPassword', message: 'must be another one than the present' }],
        });
      }
      const passwordHash = await choosePassword(passwords, newPassword, account, '/newPassword');
      return setPassword(account, passwordHash, [...guard.succeed(begun.trial), endReset(account.id)], call, answer);
    },

    /** Says nothing of whether there is such an account, neither by its answer nor, but for one row, by its work. */
    async askReset<Answer>(login: string, call: Call, answer: Answer): Promise<Answer> {
      const mayAsk = await guard.mayForget(login, call.now);
      const [account] = await readAccounts(database, sql`where a.login_key = lower(${login})`);
      if (!mayAsk || !account?.active) return call.commit({}, answer);
      const { id, email, locale } = account;
      const told = { accountId: id, login: account.login, locale, ...(email !== undefined && { email }) };
      return call.commit({ events: [passwordResetAsked(told)] }, answer);
    },

    /** The secret is given back beside the committed answer, so that no record ever holds it. Throws AppError `not_allowed` for an account that may do more. */
    async createReset<Answer>(id: string, call: Call, answer: (expiresAt: number) => Answer): Promise<{ answer: Answer; secret: string }> {
      const account = await findAccount(id);
      requireCovered(call.principal, account);
      if (!account.active) throw new AppError('illegal_state', 'The account is not active.');
      const secret = makeSessionSecret();
      const expiresAt = call.now + resetMilliseconds;
      const told = passwordResetCreated({ accountId: id, login: account.login, ...tellAct(call.principal) });
      const committed = await call.commit({ statements: [putReset(id, hashSecret(secret), expiresAt)], events: [told] }, answer(expiresAt));
      return { answer: committed, secret };
    },

    /** Throws AppError `unauthenticated` for a secret that is none (any more). */
    async resetPassword<Answer>({ secret, newPassword }: ResetPasswordRequest, call: Call, answer: Answer): Promise<Answer> {
      const hash = hashSecret(secret);
      const reset = await findReset(database, hash, call.now);
      const account = reset && (await findAccount(reset.accountId));
      if (!account?.active) throw new AppError('unauthenticated', 'The link does not hold any more: ask for another one.');
      const passwordHash = await choosePassword(passwords, newPassword, account, '/newPassword');
      return setPassword(account, passwordHash, [useReset(hash), guard.unlock(account.login)], call, answer);
    },

    async unlock<Answer>(id: string, call: Call, answer: (account: AccountState) => Answer): Promise<Answer> {
      const { pausedUntil: _, ...account } = await findAccount(id);
      const told = accountUnlocked({ accountId: id, login: account.login, ...tellAct(call.principal) });
      return call.commit({ statements: [guard.unlock(account.login)], events: [told] }, answer(account));
    },
  };
}

function refuseForNow(until: number, now: number): AppError {
  const retryAfterSeconds = Math.max(1, Math.ceil((until - now) / 1000));
  return new AppError('unavailable', `Too many attempts have failed. Try again in ${retryAfterSeconds} seconds.`, { retryAfterSeconds });
}
