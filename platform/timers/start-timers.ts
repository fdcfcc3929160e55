import type { Logger } from 'pino';
import { backOff } from '../bus/back-off.ts';
import { createWaker } from '../bus/waker.ts';
import type { Clock } from '../clock/clock.ts';
import { isAppError } from '../errors/app-error.ts';
import { crashPoint } from '../faults/crash-point.ts';
import type { Database } from '../postgres/database.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { inSpan } from '../telemetry/tracing.ts';
import { readDueTimers, removeTimers, type StoredTimer } from './timer-rows.ts';
import type { Timers } from './timers.ts';

export interface TimerOptions {
  database: Database;
  timers: Timers;
  /** What was announced before this moment (epoch milliseconds) has been heard: no timer that is due after it is handled. */
  caughtUpAt(): number;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
}

const largestBatch = 1_000;
const quickest = 50;
/** How long a timer that was set meanwhile may go unseen. */
const slowest = 500;
/** A command that was decided just before a timer's moment may still be on its way into the outbox. */
const commitGrace = 100;

/** Tells a service of its due timers for as long as it runs: each has its effect once, in the commit that removes it. Several processes may do it side by side. */
export function startTimers({ database, timers, caughtUpAt, clock, log, metrics }: TimerOptions): { stop(): Promise<void> } {
  const { batch = largestBatch, prefix = '' } = timers;
  const waker = createWaker();
  const stopping = new AbortController();
  const postponed = new Map<string, { until: number; failures: number }>();

  async function handle(due: readonly StoredTimer[], now: number): Promise<void> {
    await inSpan(`${database.schema}.timers`, { 'timers.count': due.length }, async () => {
      const { statements = [], events = [] } = await timers.handle(due, now);
      crashPoint('timers.before-commit');
      await database.commit({ statements: [...statements, removeTimers(due)], events });
    });
    crashPoint('timers.after-commit');
    const done = clock.now();
    for (const timer of due) {
      postponed.delete(timer.key);
      metrics.timerLateness.observe({ service: database.schema }, Math.max(0, done - timer.due) / 1000);
    }
  }

  /** One mistaken timer must not hold up the others: those that fail together are handled in halves, and the one that fails alone waits. */
  async function handleInParts(due: readonly StoredTimer[], now: number): Promise<void> {
    const [first] = due;
    if (!first || stopping.signal.aborted) return;
    try {
      await handle(due, now);
    } catch (error) {
      if (isAppError(error, 'unavailable') || isAppError(error, 'conflict')) throw error;
      if (due.length === 1) postpone(first, now, error);
      else {
        const half = Math.ceil(due.length / 2);
        await handleInParts(due.slice(0, half), now);
        await handleInParts(due.slice(half), now);
      }
    }
  }

  function postpone(timer: StoredTimer, now: number, error: unknown): void {
    const failures = (postponed.get(timer.key)?.failures ?? 0) + 1;
    postponed.set(timer.key, { until: now + Math.min(60_000, 500 * 2 ** failures), failures });
    log.error({ err: error, timer: timer.key, failures }, 'a timer could not be handled; it is tried again later');
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        const now = clock.now();
        const except = [...postponed].flatMap(([key, { until }]) => (until > now ? [key] : []));
        const until = Math.min(now, caughtUpAt() - commitGrace);
        const { due, next } = await readDueTimers(database, { until, limit: batch, except, prefix });
        await handleInParts(due, now);
        failures = 0;
        const nap = next === undefined ? slowest : next + commitGrace - clock.now();
        if (due.length < batch) await waker.wait(Math.min(slowest, Math.max(quickest, nap)));
      } catch (error) {
        if (stopping.signal.aborted) return;
        const facts = { err: error, failures: ++failures };
        if (isAppError(error, 'conflict') && failures < 20) log.debug(facts, 'somebody moved a timer meanwhile; they are read again');
        else log.warn(facts, 'timers could not be handled; they are tried again');
        await backOff(failures, { first: 20, most: 5_000 }, stopping.signal).catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      waker.wake();
      await running;
    },
  };
}
