import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';

/** One PostgreSQL for the whole run, unless OPORA_TEST_DATABASE_URL names one; each test file takes databases of its own in it. */
export default async function setUp() {
  if (process.env.OPORA_TEST_DATABASE_URL) return;
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  const { startEmbeddedPostgres } = await import('../../dist/platform/postgres/embedded-postgres.js');
  const dataDir = mkdtempSync(join(tmpdir(), 'opora-test-'));
  chmodSync(dataDir, 0o711); // the user who runs PostgreSQL for root must be able to walk in
  const server = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }, pino.destination(2)), durable: false });
  const { host, port, user, password, database } = server.connection;
  process.env.OPORA_TEST_DATABASE_URL = `postgresql://${user}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  globalThis.oporaTestServer = { server, dataDir };
}
