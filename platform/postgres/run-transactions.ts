import { setTimeout as pause } from 'node:timers/promises';
import { type Context, context, createContextKey } from '@opentelemetry/api';
import type pg from 'pg';
import { createTurns } from '../bus/turns.ts';
import type { Clock } from '../clock/clock.ts';
import { translateServerError } from './server-error.ts';
import { Transaction } from './transaction.ts';

/**
 * What runs now is inside of this transaction, and of this pool's. It goes through every await with the trace, in the same context: a storage of its own would
 * from the first transaction on cost every promise of the process some 50 ns more (Node 20).
 */
const inside = createContextKey('opora transaction');

interface Inside {
  pool: pg.Pool;
  transaction: Transaction;
}

const longestPause = 200;

/** The same context without a transaction. */
export function leaveTransaction(active: Context): Context {
  return active.getValue(inside) === undefined ? active : active.deleteValue(inside);
}

/** For what has no part in its caller's transaction: what goes on after it, and calls to other services, in the same process as little as in another one. */
export function outsideTransactions<Result>(run: () => Result): Result {
  return context.with(leaveTransaction(context.active()), run);
}

export interface Transactions {
  /** The one of this pool that what runs now is inside of. */
  current(): Transaction | undefined;
  run<Result>(work: () => Promise<Result>, until: number): Promise<Result>;
  /** When the oldest that is open was begun (epoch milliseconds). */
  oldest(): number | undefined;
}

export interface TransactionOptions {
  pool: pg.Pool;
  /** Less than the pool has connections: those who wait for a row that a transaction holds must not need the connection of all others. */
  atOnce: number;
  clock: Clock;
  /** One that had events is committed. */
  onAnnounced(): void;
}

export function runTransactions({ pool, atOnce, clock, onAnnounced }: TransactionOptions): Transactions {
  const turns = createTurns(atOnce);
  const begun = new Map<Transaction, number>();

  const current = () => {
    const found = context.active().getValue(inside) as Inside | undefined;
    return found?.pool === pool ? found.transaction : undefined;
  };

  /** Undefined when it was lost and there is time for another. */
  async function attempt<Result>(work: () => Promise<Result>, until: number): Promise<{ result: Result } | undefined> {
    const client = await pool.connect().catch((error: unknown) => Promise.reject(translateServerError(error)));
    const transaction = new Transaction(client);
    begun.set(transaction, clock.now());
    let isGood = true;
    try {
      await transaction.begin();
      const result = await context.with(context.active().setValue(inside, { pool, transaction } satisfies Inside), async () => {
        if (!current()) throw new Error('Nothing carries a transaction through an await here: startTracing comes first.');
        return work();
      });
      await transaction.finish();
      if (transaction.announces) onAnnounced();
      return { result };
    } catch (error) {
      isGood = await transaction.abandon();
      if (!transaction.isLost || clock.now() + longestPause > until) throw error;
      return undefined;
    } finally {
      begun.delete(transaction);
      client.release(!isGood);
    }
  }

  return {
    current,
    async run(work, until) {
      if (current()) throw new Error('A transaction was begun inside of another one.');
      for (let round = 1; ; round++) {
        const done = await turns(() => attempt(work, until));
        if (done) return done.result;
        await pause(Math.random() * Math.min(round * 20, longestPause));
      }
    },
    oldest: () => begun.values().next().value,
  };
}
