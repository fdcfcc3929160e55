import type { Logger } from 'pino';
import { createPostgresLog } from '../bus/postgres-log.ts';
import type { Clock, NewId } from '../clock/clock.ts';
import { startEmbeddedPostgres } from '../postgres/embedded-postgres.ts';
import { type Connection, openDatabase, openLogReader } from '../postgres/open-database.ts';
import { createInProcessTransport } from '../rpc/in-process.ts';
import { currentTraceparent } from '../telemetry/tracing.ts';
import type { Engines } from './engines.ts';

export interface EmbeddedEngineOptions {
  dataDir: string;
  /** A server of one's own instead of the embedded one. */
  database?: Connection;
  clock: Clock;
  newId: NewId;
  log: Logger;
}

/** Everything in this process over one PostgreSQL: nothing else to install, nothing else to run. */
export async function embeddedEngines({ dataDir, database, clock, newId, log }: EmbeddedEngineOptions): Promise<Engines> {
  const server = database === undefined ? await startEmbeddedPostgres({ dataDir, log }) : undefined;
  const admin = database ?? server?.connection;
  if (!admin) throw new Error('There is no database.');
  const reader = openLogReader(admin);
  reader.on('error', (error) => log.warn({ err: error }, 'a connection to PostgreSQL was lost'));
  const eventLog = createPostgresLog({ reader, clock, log });
  const rpc = createInProcessTransport();
  return {
    name: 'embedded',
    openDatabase: (service) =>
      openDatabase({
        admin,
        service,
        clock,
        newId,
        traceparent: currentTraceparent,
        onConnectionError: (error) => log.warn({ err: error, service: service.name }, 'a connection to PostgreSQL was lost'),
      }),
    log: eventLog,
    rpc,
    graph: (adapters) => adapters.records(),
    noteService: () => undefined,
    readiness: async () => {
      const answers = await reader.query('select 1').then(
        () => true,
        () => false,
      );
      return { own: { postgres: { ready: answers } }, others: {} };
    },
    async stop() {
      await rpc.stop();
      await eventLog.stop();
      await reader.end();
      await server?.stop();
    },
  };
}
