import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { setUp } from '../../scripts/set-up.mjs';

/**
 * One PostgreSQL for the whole run, unless OPORA_TEST_DATABASE_URL names one; each test file takes databases of its own in it. Kafka and Neo4j
 * start when a test file first asks for them.
 */
export default async function setUpEngines() {
  await setUp();
  await Promise.all([startPostgres(), shareEngines()]);
}

async function startPostgres() {
  if (process.env.OPORA_TEST_DATABASE_URL) return;
  const { startEmbeddedPostgres } = await import('../../dist/platform/postgres/embedded-postgres.js');
  const dataDir = mkdtempSync(join(tmpdir(), 'opora-test-'));
  chmodSync(dataDir, 0o711); // the user who runs PostgreSQL for root must be able to walk in
  const server = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }, pino.destination(2)), durable: false });
  const { host, port, user, password, database } = server.connection;
  process.env.OPORA_TEST_DATABASE_URL = `postgresql://${user}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  globalThis.oporaTestServer = { server, dataDir };
}

async function shareEngines() {
  const { startSharedEngines } = await import('../../dist/tests/engines/shared-engines.js');
  globalThis.oporaSharedEngines = await startSharedEngines();
}
