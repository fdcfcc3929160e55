import type { Logger } from 'pino';
import { createPause } from '../bus/wait.ts';
import type { Clock } from '../clock/clock.ts';
import { isAppError } from '../errors/app-error.ts';
import { crashPoint } from '../faults/crash-point.ts';
import type { Database } from '../postgres/database.ts';
import { exactly, sql } from '../postgres/sql.ts';
import { inSpan } from '../telemetry/tracing.ts';
import type { Timers } from './timers.ts';

export interface TimerOptions {
  database: Database;
  timers: Timers;
  /** Timers due after this moment wait: what could make them needless may still be on its way. */
  caughtUpAt(): number;
  clock: Clock;
  log: Logger;
}

const batch = 1_000;
const pauseLength = 100;

/**
 * Tells the service of its timers when they are due. A timer is gone in the same commit as its effect, and only if it was not moved meanwhile; whoever
 * loses that race looks again. It asks the table and not a clock in memory, so that restarts and jumps of the clock change nothing.
 */
export function startTimers({ database, timers, caughtUpAt, clock, log }: TimerOptions): { stop(): Promise<void> } {
  const { pause, wake } = createPause();
  let isStopping = false;

  async function ring(): Promise<boolean> {
    const now = clock.now();
    const until = Math.min(now, caughtUpAt());
    const rows = await database.query<{ key: string; due_at: Date }>(
      sql`select key, due_at from timer where due_at <= ${new Date(until)} order by due_at limit ${batch}`,
    );
    if (rows.length === 0) return false;
    const due = rows.map((row) => ({ key: row.key, due: row.due_at.getTime() }));
    await inSpan(`${database.schema}.timers`, {}, async () => {
      const { statements = [], events = [] } = await timers.handle(due, now);
      crashPoint('timers.before-commit');
      await database.commit({ statements: [...statements, dropRung(due)], events });
      crashPoint('timers.after-commit');
    });
    return rows.length === batch;
  }

  async function run(): Promise<void> {
    let trouble = pauseLength;
    while (!isStopping) {
      try {
        const more = await ring();
        trouble = pauseLength;
        if (!more) await pause(pauseLength);
      } catch (error) {
        if (!isAppError(error)) log.error({ err: error }, 'timers stumbled and are tried again');
        await pause(trouble * (0.5 + Math.random()));
        trouble = Math.min(5_000, trouble * 2);
      }
    }
  }
  const finished = run();

  return {
    async stop() {
      isStopping = true;
      wake();
      await finished;
    },
  };
}

/** Timers that were moved meanwhile are not the ones that rang: then nothing of it happened. */
function dropRung(due: readonly { key: string; due: number }[]) {
  return exactly(
    due.length,
    sql`delete from timer t using unnest(${due.map(({ key }) => key)}::text[], ${due.map((timer) => new Date(timer.due))}::timestamptz[]) as d(key, due_at)
      where t.key = d.key and t.due_at = d.due_at returning 1`,
  );
}
