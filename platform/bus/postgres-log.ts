import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '../clock/clock.ts';
import { type EventLog, type LogHead, sourceOf } from './event-log.ts';
import { followSource, type SourceFollower } from './follow-source.ts';
import { startJanitor } from './janitor.ts';
import { createHeads } from './log-heads.ts';
import { openLogPages } from './log-pages.ts';
import { tailPages } from './postgres-tail.ts';
import { readHeardPosition } from './read-heard-position.ts';

export interface PostgresLogOptions {
  /** May read `bus_log` and `subscription_position` of every service (`openLogReader`). */
  reader: Pool;
  clock: Clock;
  log: Logger;
}

/** The log of the embedded engine set: subscribers read each other's `bus_log`, and store the position with the effect. */
export function createPostgresLog({ reader, clock, log }: PostgresLogOptions): EventLog & { stop(): Promise<void> } {
  const pages = openLogPages(reader);
  const heads = createHeads(pages, clock, log);

  return {
    async publish(database) {
      const janitor = startJanitor({ database, log, readHeard: () => readHeardPosition(reader, database.schema) });
      return {
        noteHead: (head: LogHead) => heads.note(database.schema, head),
        stop: () => janitor.stop(),
      };
    },
    async subscribe(options) {
      const { database, subscription } = options;
      const sources = [...new Set(subscription.types.map(sourceOf))];
      const laneLog = log.child({ service: database.schema, subscription: subscription.name });
      const followers = sources.map((source): SourceFollower => followSource({ ...options, source, pages, heads, log: laneLog }));
      return {
        caughtUpAt: () => Math.min(...followers.map((follower) => follower.caughtUpAt())),
        lag: async () => followers.reduce((sum, follower) => sum + follower.lag(), 0),
        async stop() {
          await Promise.all(followers.map((follower) => follower.stop()));
        },
      };
    },
    tail: (options) => tailPages({ ...options, pages, heads, log }),
    async stop() {
      await heads.stop();
    },
  };
}
