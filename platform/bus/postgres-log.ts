import type pg from 'pg';
import type { Logger } from 'pino';
import { isAppError } from '../errors/app-error.ts';
import type { Database } from '../postgres/database.ts';
import { translateServerError } from '../postgres/server-error.ts';
import { exactly, type Statement, sql } from '../postgres/sql.ts';
import { deliver, type Delivery } from './deliver.ts';
import type { Envelope } from './event.ts';
import type { EventLog, RunningSubscription, SubscriberOptions } from './event-log.ts';
import { createPause } from './wait.ts';

export interface PostgresLogOptions {
  /** May read the bus_log of every service. */
  reader: pg.Pool;
  log: Logger;
}

interface LogRow {
  pos: string;
  event_id: string;
  type: string;
  key: string;
  time: Date;
  data: unknown;
  traceparent: string | null;
}

const longestPause = 250;
/** What was committed is in bus_log within some milliseconds; what is asked of the log is true as of a little earlier. */
const sequencing = 50;

/** The log of one process over one PostgreSQL: subscribers read the services' bus_log after positions of their own. */
export function createPostgresLog({ reader, log }: PostgresLogOptions): EventLog {
  const waiting = new Map<string, Set<() => void>>();
  const listen = (source: string, wake: () => void) => {
    const wakes = waiting.get(source) ?? new Set();
    waiting.set(source, wakes.add(wake));
    return () => wakes.delete(wake);
  };

  /** Rows after a position; of those whose type is not wanted only the position comes. */
  async function read(source: string, after: string, types: readonly string[], limit: number): Promise<LogRow[]> {
    const schema = `"${source.replaceAll('"', '')}"`;
    try {
      const { rows } = await reader.query<LogRow>({
        name: `read ${source}`,
        text: `select pos, event_id, type, key, time, case when $2::text[] is null or type = any($2) then data end as data, traceparent
          from ${schema}.bus_log where pos > $1 order by pos limit $3`,
        values: [after, types.length > 0 ? types : null, limit],
      });
      return rows;
    } catch (error) {
      if (isNotThereYet(error)) return [];
      throw translateServerError(error);
    }
  }

  function follow(source: string, options: SubscriberOptions): RunningSubscription {
    const { database, subscription } = options;
    const { pause, wake } = createPause();
    const wanted = new Set(subscription.types);
    const limit = subscription.batch ?? 500;
    const labels = { service: database.schema, subscription: subscription.name };
    let caughtUpAt = 0;
    let isStopping = false;
    let position: string | undefined;
    const unlisten = listen(source, wake);

    // Whoever finds the position already at or behind the first of them was overtaken by another process: a conflict, and nothing happens twice.
    const settle = (deliveries: readonly Delivery<string>[]): Statement[] => [
      exactly(
        1,
        sql`update subscription_position set pos = ${deliveries.at(-1)?.place}::bigint
          where subscription = ${subscription.name} and source = ${source} and pos < ${deliveries[0]?.place}::bigint returning 1`,
      ),
    ];

    async function step(): Promise<boolean> {
      position ??= await readPosition(database, subscription.name, source);
      const lookedAt = options.context().now;
      const rows = await read(source, position, [...wanted], limit);
      const deliveries = rows.filter(({ type }) => wanted.has(type)).map((row) => ({ event: toEnvelope(row, source), place: row.pos }));
      if (deliveries.length > 0) await deliver(deliveries, { ...options, settle, log });
      position = rows.at(-1)?.pos ?? position;
      if (rows.length < limit) caughtUpAt = lookedAt - sequencing;
      return rows.length === limit;
    }

    async function run(): Promise<void> {
      let trouble = 100;
      while (!isStopping) {
        try {
          const more = await step();
          trouble = 100;
          if (!more) await pause(longestPause);
        } catch (error) {
          if (!isAppError(error)) log.error({ err: error, ...labels }, 'a subscription stumbled and tries again');
          else log.debug({ reason: error.message, ...labels }, 'a subscription waits and tries again');
          position = undefined;
          await pause(trouble * (0.5 + Math.random()));
          trouble = Math.min(5_000, trouble * 2);
        }
      }
    }
    const finished = run();

    return {
      caughtUpAt: () => caughtUpAt,
      async lag() {
        const end = await findEnd(source);
        return position === undefined ? 0 : Math.max(0, Number(end) - Number(position));
      },
      async stop() {
        isStopping = true;
        unlisten();
        wake();
        await finished;
      },
    };
  }

  return {
    async publish(database) {
      return { appended: () => waiting.get(database.schema)?.forEach((wake) => wake()), stop: () => Promise.resolve() };
    },

    async subscribe(options) {
      const lanes = [...new Set(options.subscription.types.map(sourceOf))].map((source) => follow(source, options));
      return {
        caughtUpAt: () => Math.min(...lanes.map((lane) => lane.caughtUpAt())),
        lag: async () => (await Promise.all(lanes.map((lane) => lane.lag()))).reduce((sum, each) => sum + each, 0),
        stop: async () => void (await Promise.all(lanes.map((lane) => lane.stop()))),
      };
    },

    async tail({ sources, from, onEvent }) {
      const positions = new Map(from === undefined ? await newest(sources) : readTailPosition(from));
      const { pause, wake } = createPause();
      const unlisten = sources.map((source) => listen(source, wake));
      let isStopping = false;
      const run = async () => {
        while (!isStopping) {
          let more = false;
          for (const source of sources) {
            const rows = await read(source, positions.get(source) ?? '0', [], 500).catch(() => []);
            for (const row of rows) {
              positions.set(source, row.pos);
              onEvent(toEnvelope(row, source), formatTailPosition(positions));
            }
            more ||= rows.length === 500;
          }
          if (!more) await pause(longestPause);
        }
      };
      const finished = run();
      return {
        async stop() {
          isStopping = true;
          for (const stopListening of unlisten) stopListening();
          wake();
          await finished;
        },
      };
    },
  };

  async function newest(sources: readonly string[]): Promise<[string, string][]> {
    return Promise.all(sources.map(async (source): Promise<[string, string]> => [source, await findEnd(source)]));
  }

  async function findEnd(source: string): Promise<string> {
    try {
      const { rows } = await reader.query<{ pos: string }>(`select coalesce(max(pos), 0) as pos from "${source.replaceAll('"', '')}".bus_log`);
      return rows[0]?.pos ?? '0';
    } catch (error) {
      if (isNotThereYet(error)) return '0';
      throw translateServerError(error);
    }
  }
}

/** `opora.tickets.v1.TicketOpened` comes from `tickets`. */
export function sourceOf(type: string): string {
  return type.split('.')[1] ?? '';
}

async function readPosition(database: Database, subscription: string, source: string): Promise<string> {
  const find = sql`select pos from subscription_position where subscription = ${subscription} and source = ${source}`;
  const [known] = await database.query<{ pos: string }>(find);
  if (known) return known.pos;
  await database.commit({ statements: [sql`insert into subscription_position (subscription, source, pos) values (${subscription}, ${source}, 0) on conflict do nothing`] });
  const [made] = await database.query<{ pos: string }>(find);
  return made?.pos ?? '0';
}

function toEnvelope(row: LogRow, source: string): Envelope {
  return {
    id: row.event_id,
    type: row.type,
    key: row.key,
    data: row.data,
    source,
    time: row.time.toISOString(),
    ...(row.traceparent !== null && { traceparent: row.traceparent }),
  };
}

/** The service has not started yet for the first time: no schema, no table, or no right to read it so far. */
function isNotThereYet(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['42P01', '3F000', '42501'].includes(String(error.code));
}

function formatTailPosition(positions: ReadonlyMap<string, string>): string {
  return [...positions].map(([source, pos]) => `${source}:${pos}`).join(',');
}

function readTailPosition(text: string): [string, string][] {
  return text.split(',').flatMap((part): [string, string][] => {
    const match = /^([a-z_]+):(\d{1,18})$/.exec(part);
    return match?.[1] !== undefined && match[2] !== undefined ? [[match[1], match[2]]] : [];
  });
}
