import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { type Clock, newUuid, systemClock } from '../clock/clock.ts';
import type { OpenDatabase } from '../engines/engines.ts';
import { type Connection, toClientConfig } from './connection.ts';
import { fingerprintMigrations } from './migrate.ts';
import { openDatabase } from './open-database.ts';
import { parseConnection } from './parse-connection.ts';
import type { ServiceSchema } from './service-schema.ts';

export interface TestDatabase extends OpenDatabase {
  /** The server as its administrator, with this database. */
  admin: Connection;
}

/** A database of its own with the service's migrations applied, cloned from a template that is made once a run; `close` drops it. */
export async function openTestDatabase(service: ServiceSchema, { clock = systemClock }: { clock?: Clock } = {}): Promise<TestDatabase> {
  const [database] = await openTestDatabases([service], { clock });
  if (!database) throw new Error('There is no database.');
  return database;
}

/** Several services' schemas in one database, as in a hub; the last `close` drops it. */
export async function openTestDatabases(
  services: readonly ServiceSchema[],
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<TestDatabase[]> {
  const url = process.env['OPORA_TEST_DATABASE_URL'];
  if (!url) throw new Error('There is no test server: run this under jest, whose global set-up starts one.');
  const server = parseConnection(url);
  const prints = await Promise.all(
    services.map(async ({ name, migrations, sealed }) => `${name}_${await fingerprintMigrations(migrations, sealed)}`),
  );
  const template = `template_${createHash('sha256').update(prints.join()).digest('hex').slice(0, 24)}`;
  const admin: Connection = { ...server, database: `test_${randomBytes(8).toString('hex')}` };

  await withClient(server, async (client) => {
    await client.query(`select pg_advisory_lock(hashtext($1))`, [template]);
    const { rows } = await client.query('select 1 from pg_database where datname = $1 and datistemplate', [template]);
    if (rows.length === 0) await makeTemplate(client, server, template, services);
    await client.query(`create database ${admin.database} template ${template} strategy file_copy`);
  });

  const opened = await Promise.all(services.map((service) => openDatabase({ admin, service, clock, newId: newUuid })));
  let open = opened.length;
  return opened.map((database) => ({
    ...database,
    admin,
    async close() {
      await database.close();
      if (--open === 0) await withClient(server, (client) => client.query(`drop database if exists ${admin.database} with (force)`));
    },
  }));
}

async function makeTemplate(client: pg.Client, server: Connection, template: string, services: readonly ServiceSchema[]): Promise<void> {
  await client.query(`drop database if exists ${template}`);
  await client.query(`create database ${template}`);
  for (const service of services) {
    const database = await openDatabase({ admin: { ...server, database: template }, service, clock: systemClock, newId: newUuid });
    await database.close();
  }
  await client.query(`alter database ${template} is_template true`);
}

async function withClient(connection: Connection, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(toClientConfig(connection, 'public'));
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
