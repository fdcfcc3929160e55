import { setTimeout as wait } from 'node:timers/promises';
import { isAppError } from '../platform/errors/app-error.ts';
import { violatedConstraint } from '../platform/postgres/server-error.ts';
import type { Call } from '../platform/rpc/call.ts';

/**
 * Decides again, on what is stored by then, whenever somebody else wrote first: for writers who bring what is so, whatever was there before.
 * Gives up with the conflict when the call's time is nearly over, or when the same idempotency key has its answer already.
 */
export async function retryLostRace<Answer>(call: Pick<Call, 'deadline'>, decideAndCommit: () => Promise<Answer>): Promise<Answer> {
  for (let round = 1; ; round++) {
    try {
      return await decideAndCommit();
    } catch (error) {
      const pause = Math.random() * Math.min(round * 4, 50);
      const isLostRace = isAppError(error, 'conflict') && violatedConstraint(error) !== 'idempotency_pkey';
      if (!isLostRace || Date.now() + pause > call.deadline - 100) throw error;
      await wait(pause);
    }
  }
}
