import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePorts } from '../../deploy/engines/ports.ts';
import { createApi, eventually } from './api.ts';
import { isAnnounced, repeatThroughOutbox } from './bus-hand.ts';
import type { Hub } from './scenarios.ts';

export const adminToken = 'opora_test_administrator_token';

export interface EmbeddedHub extends Hub {
  dataDir: string;
  pid(): number;
  /** Starts the program again on the same data, after it was killed. */
  start(environment?: NodeJS.ProcessEnv): Promise<void>;
  /** Asks it to stop and waits; gives the exit code. */
  stop(): Promise<number | NodeJS.Signals | null>;
  /** Waits until the process is gone; gives its exit code or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals | null>;
  /** Everything that the program printed since the last start. */
  output(): string;
  remove(): Promise<void>;
}

/** The hub as `npm start` runs it, in a process and a data folder of its own. */
export async function startEmbeddedHub(environment: NodeJS.ProcessEnv = {}): Promise<EmbeddedHub> {
  const dataDir = await mkdtemp(join(tmpdir(), 'opora-hub-'));
  await chmod(dataDir, 0o711);
  const [port = 0] = await findFreePorts(1);
  const api = createApi(`http://127.0.0.1:${port}`, adminToken);
  let child: ChildProcess | undefined;
  let exited: Promise<number | NodeJS.Signals | null> = Promise.resolve(null);
  let printed = '';

  async function start(more: NodeJS.ProcessEnv = {}): Promise<void> {
    printed = '';
    const { NODE_OPTIONS: _, OPORA_TEST_DATABASE_URL: __, ...own } = process.env;
    const started = spawn(process.execPath, ['--enable-source-maps', 'dist/services/main.js', 'start'], {
      env: {
        ...own,
        OPORA_DATA: dataDir,
        OPORA_PORT: String(port),
        OPORA_DEMO: 'none',
        OPORA_ADMIN_TOKEN: adminToken,
        OPORA_LOG_LEVEL: 'warn',
        ...environment,
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
    exited = new Promise((resolve) => started.once('exit', (code, signal) => resolve(code ?? signal)));
    await untilReady();
  }

  const isGone = () => child !== undefined && (child.exitCode !== null || child.signalCode !== null);

  async function untilReady(): Promise<void> {
    await eventually(
      async () => {
        if (isGone()) return 'ended';
        return (await api.get('/readyz')).status === 200 && 'ready';
      },
      { within: 60_000 },
    ).catch((error: unknown) => {
      throw new Error(`The hub did not become ready. It printed:\n${printed}`, { cause: error });
    });
    if (isGone()) throw new Error(`The hub ended. It printed:\n${printed}`);
  }

  const database = async () => ({
    host: join(dataDir, 'socket'),
    port: 5432,
    user: 'opora',
    database: 'opora',
    password: await readFile(join(dataDir, 'pgdata', 'opora-password'), 'utf8'),
  });

  /** Every subscription has read its logs to their ends. */
  async function hasHeardAll(): Promise<boolean> {
    const { body } = await api.get<string>('/metrics');
    const lags = [...body.matchAll(/^opora_subscriber_lag_events\{.*\} (\d+)$/gm)].map(([, lag]) => Number(lag));
    return lags.length > 0 && lags.every((lag) => lag === 0);
  }

  await start();
  return {
    api,
    dataDir,
    pid: () => child?.pid ?? 0,
    output: () => printed,
    ended: () => exited,
    start,
    async kill() {
      child?.kill('SIGKILL');
      await exited;
    },
    database,
    repeatEvents: async () => repeatThroughOutbox(await database()),
    async untilQuiet() {
      // What is heard may announce something in its turn, so the outboxes are looked at before and after.
      const isOut = async () => isAnnounced(await database(), false);
      await eventually(async () => (await isOut()) && (await hasHeardAll()) && (await isOut()), { within: 60_000 });
    },
    async revive() {
      if (isGone()) await start();
      await untilReady();
    },
    async stop() {
      child?.kill('SIGTERM');
      return exited;
    },
    async remove() {
      child?.kill('SIGTERM');
      await exited;
      await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    },
  };
}
