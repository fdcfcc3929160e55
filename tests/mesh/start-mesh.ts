import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import neo4j from 'neo4j-driver';
import { findFreePorts } from '../../deploy/engines/ports.ts';
import type { PartStatus } from '../../deploy/mesh/keep-running.ts';
import { findAlive, listDescendants, type Process } from '../faults/processes.ts';
import { type Answer, createApi, eventually } from './api.ts';
import { isAnnounced, isHeard, repeatThroughKafka } from './bus-hand.ts';
import type { Hub } from './scenarios.ts';
import { adminToken } from './start-embedded.ts';

export interface MeshHub extends Hub {
  dataDir: string;
  /** Where the parts keep their data, `processes.json` and each its log. */
  dir: string;
  parts(): Promise<PartStatus[]>;
  /** The answer of `/readyz`. */
  readiness(): Promise<Answer<{ parts: Record<string, { ready: boolean; detail?: string }> }>>;
  /** The process of a part that runs; waits while it is being started. */
  pidOf(part: string): Promise<number>;
  /** Cypher sent to a Neo4j server past Opora; gives its rows. */
  cypher(server: string, query: string): Promise<Record<string, unknown>[]>;
  /** Everything that the part has printed. */
  logOf(part: string): Promise<string>;
  /** SIGTERM; gives the exit code, and what still runs of all that it had started. */
  stop(): Promise<{ code: number | null; left: Process[] }>;
  remove(): Promise<void>;
}

/** The mesh as `npm run mesh` runs it: PostgreSQL, Kafka, Neo4j and a process for each service, in a data folder of its own or on what another has left. */
export async function startMesh(environment: NodeJS.ProcessEnv = {}, folder?: string): Promise<MeshHub> {
  const dataDir = folder ?? (await makeDataDir());
  const dir = join(dataDir, 'mesh');
  const [port = 0] = await findFreePorts(1);
  const api = createApi(`http://127.0.0.1:${port}`, adminToken);
  const { NODE_OPTIONS: _, OPORA_TEST_DATABASE_URL: __, ...own } = process.env;
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/deploy/mesh/main.js'], {
    env: {
      ...own,
      OPORA_DATA: dataDir,
      OPORA_PORT: String(port),
      OPORA_DEMO: 'none',
      OPORA_ADMIN_TOKEN: adminToken,
      OPORA_LOG_LEVEL: 'warn',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const isGone = () => child.exitCode !== null || child.signalCode !== null;

  const parts = async () => JSON.parse(await readFile(join(dir, 'processes.json'), 'utf8')) as PartStatus[];

  const readReadiness = () => api.get<{ parts: Record<string, { ready: boolean; detail?: string }> }>('/readyz');

  async function untilReady(): Promise<void> {
    await eventually(
      async () => {
        if (isGone()) return true;
        if (!(await parts()).every(({ state }) => state === 'ready')) return false;
        const { status, body } = await readReadiness();
        return status === 200 && Object.values(body.parts).every(({ ready }) => ready);
      },
      { within: 150_000, every: 100 },
    ).catch((error: unknown) => {
      throw new Error(`The mesh did not become ready. It printed:\n${printed}`, { cause: error });
    });
    if (isGone()) throw new Error(`The mesh ended. It printed:\n${printed}`);
  }

  async function pidOf(name: string): Promise<number> {
    return eventually(async () => (await parts()).find((part) => part.name === name && part.state === 'ready')?.pid, { within: 60_000 });
  }

  async function stop() {
    const started = isGone() ? [] : await listDescendants(child.pid ?? 0);
    child.kill('SIGTERM');
    const [code] = await ended;
    return { code, left: await findAlive(started.map(({ pid }) => pid)) };
  }

  async function remove(): Promise<void> {
    if (!isGone()) await stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }

  const database = async () => ({
    host: join(dir, 'postgres', 'socket'),
    port: 5432,
    user: 'opora',
    database: 'opora',
    password: await readFile(join(dir, 'postgres', 'pgdata', 'opora-password'), 'utf8'),
  });

  async function cypher(server: string, query: string): Promise<Record<string, unknown>[]> {
    const settings = await readFile(join(dir, server, 'conf', 'neo4j.conf'), 'utf8');
    const address = /^server\.bolt\.listen_address=(.*)$/m.exec(settings)?.[1];
    const driver = neo4j.driver(`bolt://${address}`, neo4j.auth.basic('neo4j', await readFile(join(dir, server, 'password'), 'utf8')));
    try {
      return (await driver.executeQuery(query)).records.map((record) => record.toObject());
    } finally {
      await driver.close();
    }
  }

  async function readBrokers(): Promise<string> {
    const properties = await readFile(join(dir, 'kafka', 'server.properties'), 'utf8');
    return /^advertised\.listeners=BROKER:\/\/(.*)$/m.exec(properties)?.[1] ?? '';
  }

  await untilReady().catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return {
    api,
    dataDir,
    dir,
    parts,
    readiness: readReadiness,
    pidOf,
    cypher,
    logOf: (part) => readFile(join(dir, `${part}.log`), 'utf8'),
    async kill(service) {
      const pid = await pidOf(service);
      process.kill(pid, 'SIGKILL');
      // Only then does `revive` wait for another process and not find the dead one still told as ready.
      await eventually(async () => !(await parts()).some((part) => part.pid === pid));
    },
    revive: untilReady,
    database,
    repeatEvents: async () => repeatThroughKafka(await readBrokers()),
    async untilQuiet() {
      // What is heard may announce something in its turn, so the outboxes are looked at before and after.
      const isOut = async () => isAnnounced(await database(), true);
      const isQuiet = async () => (await isOut()) && (await isHeard(await readBrokers())) && (await isOut());
      await eventually(isQuiet, { within: 60_000, every: 200 });
    },
    stop,
    remove,
  };
}

async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'opora-mesh-'));
  await chmod(dataDir, 0o711); // PostgreSQL's user must be able to walk in
  return dataDir;
}
