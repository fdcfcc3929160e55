import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';

/**
 * One PostgreSQL for the whole run, unless OPORA_TEST_DATABASE_URL names one; each test file takes databases of its own in it. Kafka and Neo4j
 * start when a test file first asks for them.
 */
export default async function setUp() {
  buildWhatChanged();
  await Promise.all([startPostgres(), shareEngines()]);
}

async function startPostgres() {
  if (process.env.OPORA_TEST_DATABASE_URL) return;
  removeLeftFolders();
  const { startEmbeddedPostgres } = await import('../../dist/platform/postgres/embedded-postgres.js');
  const { formatConnection } = await import('../../dist/platform/postgres/parse-connection.js');
  const dataDir = join(tmpdir(), `opora-test-${process.pid}`);
  mkdirSync(dataDir, { mode: 0o711 }); // the user who runs PostgreSQL for root must be able to walk in
  const server = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'error' }, pino.destination(2)), durable: false });
  process.env.OPORA_TEST_DATABASE_URL = formatConnection(server.connection);
  globalThis.oporaTestServer = { server, dataDir };
}

async function shareEngines() {
  const { startSharedEngines } = await import('../../dist/tests/engines/shared-engines.js');
  globalThis.oporaSharedEngines = await startSharedEngines();
}

/** A file that does not compile is for the test that needs it to report. */
function buildWhatChanged() {
  try {
    execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  } catch (error) {
    console.error(`The build is not complete: ${error.message}`);
  }
}

/** What runs that were killed left behind; their servers ended with them. */
function removeLeftFolders() {
  for (const name of readdirSync(tmpdir())) {
    const pid = /^opora-test-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
