import type { Logger } from 'pino';
import { isAppError } from '../errors/app-error.ts';
import type { Database } from '../postgres/database.ts';
import { dropOldRows } from './drop-old-rows.ts';
import { createWaker } from './waker.ts';

export interface JanitorOptions {
  database: Database;
  log: Logger;
  /** The place in `bus_log` up to which everybody who follows it has heard it; undefined: nobody follows it. */
  readHeard(): Promise<number | undefined>;
}

const interval = 600_000;

/** Drops what is no longer needed from a service's schema, every ten minutes, a little at a time. */
export function startJanitor({ database, log, readHeard }: JanitorOptions): { stop(): Promise<void> } {
  const waker = createWaker();
  let stopped = false;

  async function run(): Promise<void> {
    while (!stopped) {
      await waker.wait(interval * (0.75 + Math.random() / 2));
      if (stopped) return;
      try {
        const dropped = await dropOldRows(database, await readHeard(), () => stopped);
        if (Object.values(dropped).some((rows) => rows > 0)) log.info({ service: database.schema, dropped }, 'dropped what is no longer needed');
      } catch (error) {
        if (isAppError(error, 'unavailable')) log.debug({ err: error }, 'the janitor comes again later');
        else log.error({ err: error, service: database.schema }, 'the janitor failed');
      }
    }
  }

  const running = run();
  return {
    async stop() {
      stopped = true;
      waker.wake();
      await running;
    },
  };
}
