import type { Client } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '../clock/clock.ts';
import type { OpenDatabase } from '../engines/engines.ts';
import { crashPoint } from '../faults/crash-point.ts';
import { sql } from '../postgres/sql.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { backOff } from './back-off.ts';
import type { LogHead } from './event-log.ts';
import { createWaker } from './waker.ts';

export interface SequencerOptions {
  database: OpenDatabase;
  /** Told after each pass how far the log goes: what carries it on is woken by this. */
  onPass(head: LogHead): void;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
}

export interface Sequencer {
  wake(): void;
  stop(): Promise<void>;
}

const batch = 1000;
const quickest = 5;
const slowest = 250;
/** A pass that moves so many shows that commits come thick and fast: then fewer, larger passes (and batches of those who are woken by them) cost a third. */
const many = 8;
const restAfterMany = 15;
/** How often a process that is not the one asks whether it can be. */
const lockInterval = 500;

/**
 * Gives the events of one schema their one order: moves committed rows from `outbox` to the end of `bus_log`. A reader of `outbox` itself would
 * have to guess which lower ids are still uncommitted; here one process at a time appends, so whoever has read up to `pos` has missed nothing.
 * The lock is the session's own, on the connection that does the work: whoever loses the one has lost the other.
 */
export function startSequencer({ database, onPass, clock, log, metrics }: SequencerOptions): Sequencer {
  const { schema } = database;
  const waker = createWaker();
  const stopping = new AbortController();
  const unhook = database.onCommit(waker.wake);
  const unwatch = watchBacklog(database, metrics);

  async function moveWhileConnected(client: Client): Promise<void> {
    let pause = quickest;
    let busy = true;
    let head = await readHead(client);
    while (!stopping.signal.aborted) {
      const began = performance.now();
      // What an open transaction has decided is on its way, however old it will be when it comes.
      const drainedAt = Math.min(clock.now(), database.oldestTransaction() ?? Number.POSITIVE_INFINITY);
      if (busy) crashPoint('sequencer.before-move');
      const moved = await moveBatch(client);
      head = moved.head ?? head;
      if (moved.count > 0) {
        crashPoint('sequencer.after-move');
      }
      if (moved.count === batch) {
        onPass({ pos: head });
        continue;
      }
      onPass({ pos: head, drainedAt });
      pause = moved.count > 0 ? quickest : Math.min(slowest, pause * 2);
      busy = (await waker.wait(pause)) || moved.count > 0;
      // Commits that come one upon the other share a pass: an early wake waits for the quickest pace.
      const rest = began + (moved.count >= many ? restAfterMany : quickest) - performance.now();
      if (busy && rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      let client: Client | undefined;
      try {
        client = await database.openClient();
        client.on('error', () => undefined); // the query under way fails too, and tells
        while (!stopping.signal.aborted && !(await takeLock(client, schema))) await waker.wait(lockInterval);
        failures = 0;
        await moveWhileConnected(client);
      } catch (error) {
        failures++;
        if (!stopping.signal.aborted) log.warn({ err: error, failures }, 'the sequencer lost its connection and takes a new one');
        await backOff(failures, { first: 50, most: 2_000 }, stopping.signal).catch(() => undefined);
      } finally {
        await client?.end().catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    wake: waker.wake,
    async stop() {
      stopping.abort();
      waker.wake();
      unhook();
      unwatch();
      await running;
    },
  };
}

async function takeLock(client: Client, schema: string): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock(hashtext($1), 1) as taken', [`opora/sequencer/${schema}`]);
  return rows[0]?.taken === true;
}

async function readHead(client: Client): Promise<number> {
  const { rows } = await client.query<{ pos: number }>('select coalesce(max(pos), 0)::float8 as pos from bus_log');
  return rows[0]?.pos ?? 0;
}

/** `= any(array(…))` keeps PostgreSQL on the index however the outbox grew since it planned; identity values follow the `order by`. */
async function moveBatch(client: Client): Promise<{ count: number; head: number | undefined }> {
  const { rows } = await client.query<{ count: number; head: number | null }>({
    name: 'move-outbox',
    text: `with moved as (delete from outbox where id = any(array(select id from outbox order by id limit ${batch})) returning *),
      appended as (insert into bus_log (event_id, type, key, time, data, traceparent)
        select event_id, type, key, time, data, traceparent from moved order by id returning pos)
      select count(*)::int as count, max(pos)::float8 as head from appended`,
  });
  return { count: rows[0]?.count ?? 0, head: rows[0]?.head ?? undefined };
}

function watchBacklog(database: OpenDatabase, metrics: Metrics): () => void {
  const outbox = { service: database.schema, queue: 'outbox' };
  const stops = [
    metrics.queueDepth.read(async () => {
      const [row] = await database.query<{ value: number }>(sql`select count(*)::int as value from outbox`);
      return [{ labels: outbox, value: row?.value ?? 0 }];
    }),
    metrics.queueAge.read(async () => {
      const [row] = await database.query<{ value: number }>(
        sql`select coalesce(greatest(0, extract(epoch from clock_timestamp() - min(time))), 0)::float8 as value from outbox`,
      );
      return [{ labels: outbox, value: row?.value ?? 0 }];
    }),
    metrics.deadLetters.read(async () => {
      const rows = await database.query<{ subscription: string; value: number }>(
        sql`select subscription, count(*)::int as value from dead_letter where status = 'waiting' group by subscription`,
      );
      return rows.map(({ subscription, value }) => ({ labels: { service: database.schema, subscription }, value }));
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
