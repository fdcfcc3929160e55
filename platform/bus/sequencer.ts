import type { Client } from 'pg';
import type { Logger } from 'pino';
import type { OpenDatabase } from '../engines/engines.ts';
import { crashPoint } from '../faults/crash-point.ts';
import { createPause } from './wait.ts';

export interface Sequencer {
  /** Looks at the outbox now instead of at the end of the pause. */
  wake(): void;
  stop(): Promise<void>;
}

const batch = 1_000;
const shortestPause = 5;
const longestPause = 250;

// Rows become visible when their transaction commits, not in the order of their ids: whoever reads the outbox by id loses events. Taking rows away
// misses none, and one taker, in id order, keeps the order of events with one key, since whoever wrote the later one had seen the earlier.
const move = `with taken as (
    delete from outbox where id in (select id from outbox order by id limit ${batch}) returning *
  ), appended as (
    insert into bus_log (event_id, type, key, time, data, traceparent)
    select event_id, type, key, time, data, traceparent from taken order by id returning 1
  ) select count(*)::int as moved from appended`;

/**
 * Moves what was committed from the service's outbox to its bus_log. Only one of all processes does: it holds a lock on the connection that does the
 * work, so that losing the one is losing the other.
 */
export function startSequencer({ database, onAppended, log }: { database: OpenDatabase; onAppended(): void; log: Logger }): Sequencer {
  const { pause, wake } = createPause();
  let isStopping = false;
  const unsubscribe = database.onCommit(wake);
  const finished = run();

  async function run(): Promise<void> {
    while (!isStopping) {
      const client = await database.openClient().catch(() => undefined);
      try {
        if (client) await work(client);
      } catch (error) {
        if (!isStopping) log.warn({ err: error }, 'the sequencer lost its connection and takes another');
      } finally {
        await client?.end().catch(() => undefined);
      }
      if (!isStopping) await pause(longestPause);
    }
  }

  async function work(client: Client): Promise<void> {
    client.on('error', () => undefined); // the query under way or the next one fails with it
    await client.query('set statement_timeout = 0');
    for (;;) {
      const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock(hashtext($1)) as mine', [`opora/sequencer/${database.schema}`]);
      if (rows[0]?.mine) break;
      if (isStopping) return;
      await pause(1_000);
    }
    let idle = shortestPause;
    while (!isStopping) {
      crashPoint('sequencer.before-move');
      const { rows } = await client.query<{ moved: number }>({ name: 'move', text: move });
      const moved = rows[0]?.moved ?? 0;
      if (moved > 0) {
        crashPoint('sequencer.after-move');
        onAppended();
        idle = shortestPause;
      } else {
        idle = Math.min(longestPause, idle * 2);
      }
      if (moved < batch) await pause(idle);
    }
  }

  return {
    wake,
    async stop() {
      isStopping = true;
      unsubscribe();
      wake();
      await finished;
    },
  };
}
