import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import type { OpenDatabase } from '../../platform/engines/engines.ts';
import { type Connection, toClientConfig } from '../../platform/postgres/connection.ts';
import { startEmbeddedPostgres } from '../../platform/postgres/embedded-postgres.ts';
import { openDatabase } from '../../platform/postgres/open-database.ts';
import { makeFolder } from './hub.ts';
import { silent } from './log-latency.ts';

export interface TwoServices {
  admin: Connection;
  /** Announces. */
  lamps: OpenDatabase;
  /** Hears; has a table `effect(key text primary key, n int)`. */
  doors: OpenDatabase;
  stop(): Promise<void>;
}

/** Two services' schemas on a durable PostgreSQL of their own. */
export async function openTwoServices(): Promise<TwoServices> {
  const folder = await makeFolder();
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: silent });
  const open = (name: string) => openDatabase({ admin: postgres.connection, service: { name }, clock: systemClock, newId: newUuid });
  const lamps = await open('lamps');
  const doors = await open('doors');
  const client = new pg.Client(toClientConfig(postgres.connection, 'doors'));
  await client.connect();
  await client.query('set role opora_doors; create table doors.effect (key text primary key, n int not null)');
  await client.end();
  return {
    admin: postgres.connection,
    lamps,
    doors,
    async stop() {
      await lamps.close();
      await doors.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
