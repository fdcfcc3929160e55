import { type SignInPaused, signInPaused } from '../../generated/opora/directory/v1/events.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import { networkOf } from '../../platform/http/admission.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { Statement } from '../../platform/postgres/sql.ts';
import { patienceWithAddress, patienceWithForgetting, patienceWithLogin } from './domain/pause.ts';
import { type Attempt, countAttempt, deleteOldAttempts, forgetAttempts, readAttempts, takeBackAttempt } from './storage/attempt-store.ts';

/** One sign-in, or what else needs a password, on its way. */
export interface Trial {
  login: Attempt;
  address?: Attempt;
}

export type SignInGuard = ReturnType<typeof createSignInGuard>;

/**
 * Slows guessing down, by login and by network address, for all replicas of the directory alike. A login that nobody has waits like any other, so that
 * the wait tells nothing.
 */
export function createSignInGuard(database: Database) {
  /** Counts them as failed. Gives the moment until which they have to wait (epoch milliseconds), if they have to: then nothing may be tried. */
  async function count(attempts: readonly Attempt[], now: number): Promise<number | undefined> {
    try {
      await database.commit({ statements: attempts.map((attempt) => countAttempt(attempt, now)) });
      return undefined;
    } catch (error) {
      if (!isAppError(error, 'conflict')) throw error;
      const waits = (await readAttempts(database, attempts)).flatMap(({ pausedUntil = 0 }) => (pausedUntil > now ? [pausedUntil] : []));
      return waits.length > 0 ? Math.max(...waits) : now + 1_000; // it ended between the two questions
    }
  }

  return {
    /** Begins a trial of a password. Gives either it or until when there can be none (epoch milliseconds). */
    async begin(login: string, address: string | undefined, now: number): Promise<{ trial: Trial } | { pausedUntil: number }> {
      const trial: Trial = {
        login: { kind: 'login', name: login, patience: patienceWithLogin },
        ...(address !== undefined && { address: { kind: 'address', name: networkOf(address), patience: patienceWithAddress } }),
      };
      const pausedUntil = await count(attemptsOf(trial), now);
      return pausedUntil === undefined ? { trial } : { pausedUntil };
    },

    /** What is to be written when it went well. */
    succeed: ({ login, address }: Trial): Statement[] => [forgetAttempts(login), ...(address ? [takeBackAttempt(address)] : [])],

    /** What is to be written when nobody could tell. */
    takeBack: (trial: Trial): Statement[] => attemptsOf(trial).map(takeBackAttempt),

    /** What is to be announced, and written, when it did not. `account`: whose login it was, if anybody's. */
    async fail(trial: Trial, account: { id: string; login: string } | undefined, now: number) {
      const states = await readAttempts(database, attemptsOf(trial));
      const events = states.flatMap(({ kind, name, failures, pausedUntil }) => {
        if (pausedUntil === undefined || pausedUntil <= now) return [];
        const of: Pick<SignInPaused, 'accountId' | 'login' | 'address'> =
          kind === 'address'
            ? { accountId: 'unknown', address: name }
            : { accountId: account?.id ?? 'unknown', ...(account && { login: account.login }) };
        return [signInPaused({ ...of, failures, until: new Date(pausedUntil).toISOString() })];
      });
      return { events, statements: [deleteOldAttempts(now)] };
    },

    /** Whether a reset of this login may be asked for: not too often, whether or not there is such a login. */
    mayForget: async (login: string, now: number) =>
      (await count([{ kind: 'reset', name: login, patience: patienceWithForgetting }], now)) === undefined,

    /** The login may be tried at once. */
    unlock: (login: string): Statement => forgetAttempts({ kind: 'login', name: login }),
  };
}

function attemptsOf({ login, address }: Trial): Attempt[] {
  return address ? [login, address] : [login];
}
