import pg from 'pg';
import type { Clock, NewId } from '../clock/clock.ts';
import type { OpenDatabase } from '../engines/engines.ts';
import { isAppError } from '../errors/app-error.ts';
import { type Connection, toClientConfig } from './connection.ts';
import type { Changes } from './database.ts';
import { mergeChanges } from './merge-changes.ts';
import { logReaderConnection, ownConnection, prepareService } from './prepare-service.ts';
import { runTransactions } from './run-transactions.ts';
import { isStalePlan, translateServerError } from './server-error.ts';
import type { ServiceSchema } from './service-schema.ts';
import { render, type Statement } from './sql.ts';

export type { Connection };

export interface OpenOptions {
  admin: Connection;
  service: ServiceSchema;
  clock: Clock;
  newId: NewId;
  /** W3C trace context of what runs now; it goes with the events. */
  traceparent?: () => string | undefined;
  /** Most connections that the service's queries share; 8 unless told. */
  connections?: number;
  /** An idle connection broke; the pool opens another one. */
  onConnectionError?(error: Error): void;
}

/** A query that PostgreSQL has not finished by then is cancelled; one whose connection went silent is given up a little later. */
const longestQuery = 30_000;
const mostNames = 500;

/**
 * Makes the service's role and schema if they are not there, applies its migrations, and opens a pool under that role.
 * Throws when the schema is newer than the program, and when a migration was changed after it had been applied.
 */
export async function openDatabase(options: OpenOptions): Promise<OpenDatabase> {
  const { admin, service, clock, newId, traceparent, connections = 8, onConnectionError } = options;
  await prepareService(admin, service);
  const own = preferIndexes(toClientConfig(ownConnection(admin, service.name), service.name));
  const pool = openPool(own, connections);
  pool.on('error', (error) => onConnectionError?.(error));
  // One that is lost under a query also rejects that query: it is heard here only so that it does not end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const committed = new Set<() => void>();
  const names = new Map<string, string>();
  const wakeAll = () => {
    for (const wake of committed) wake();
  };
  const transactions = runTransactions({ pool, atOnce: Math.ceil(connections / 2), clock, onAnnounced: wakeAll });

  /** Statements have few shapes, so that each is parsed and planned once a connection. */
  const toQuery = (statement: Statement): pg.QueryConfig => {
    const { text, values } = render(statement);
    if (statement.isPlannedAnew) return { text, values };
    let name = names.get(text);
    if (name === undefined && names.size < mostNames) names.set(text, (name = `s${names.size}`));
    return name === undefined ? { text, values } : { name, text, values };
  };

  const run = async <Row extends object>(statement: Statement): Promise<Row[]> => {
    const query = toQuery(statement);
    let client: pg.PoolClient | undefined;
    try {
      client = await pool.connect();
      const { rows } = await client.query<Row>(query);
      client.release();
      return rows;
    } catch (error) {
      // A lost race leaves the connection as good as it was; a new one with all its plans is dear.
      const translated = translateServerError(error);
      client?.release(!isAppError(translated, 'conflict'));
      // Nothing was done yet, and a connection of its own knows no old plan.
      if (isStalePlan(error)) return run(statement);
      throw translated;
    }
  };

  return {
    schema: service.name,
    query: (statement) => transactions.current()?.query(toQuery(statement)) ?? run(statement),
    async commit(changes: Changes) {
      const trace = traceparent?.();
      const now = changes.at ?? clock.now();
      const statement = mergeChanges(changes, { now, newId: () => newId(now), ...(trace !== undefined && { traceparent: trace }) });
      if (!statement) return;
      const announces = changes.events !== undefined && changes.events.length > 0;
      const transaction = transactions.current();
      if (transaction) {
        await transaction.commit(toQuery(statement));
        transaction.announces ||= announces;
      } else {
        await run(statement);
        if (announces) wakeAll();
      }
    },
    isInTransaction: () => transactions.current() !== undefined,
    transaction: transactions.run,
    oldestTransaction: transactions.oldest,
    onCommit(wake) {
      committed.add(wake);
      return () => committed.delete(wake);
    },
    async openClient() {
      const client = new pg.Client(own);
      client.on('error', (error) => onConnectionError?.(error));
      await client.connect();
      return client;
    },
    gauge: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

/** A pool that may read the bus_log of every service, and nothing else. */
export function openLogReader(admin: Connection): pg.Pool {
  return openPool(preferIndexes(toClientConfig(logReaderConnection(admin), 'public')), 4);
}

/**
 * A prepared statement is planned when its tables are still empty, and read whole, they look cheap; the same plan is ruinous an hour later. What a service
 * asks, and what is read of a log, is always a few rows by an index, so that is what the planner is to prefer.
 */
function preferIndexes(config: pg.ClientConfig): pg.ClientConfig {
  return { ...config, options: `${config.options ?? ''} -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off` };
}

function openPool(config: pg.ClientConfig, max: number): pg.Pool {
  return new pg.Pool({
    ...config,
    max,
    statement_timeout: longestQuery,
    query_timeout: longestQuery + 5_000,
    idle_in_transaction_session_timeout: longestQuery,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 5_000,
  });
}
