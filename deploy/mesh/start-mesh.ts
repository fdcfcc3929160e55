import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '../../platform/log/logger.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../platform/postgres/embedded-postgres.ts';
import { formatConnection } from '../../platform/postgres/parse-connection.ts';
import { startChild, waitUntilReady } from '../engines/child-process.ts';
import { startLocalKafka } from '../engines/local-kafka.ts';
import { keepNeo4jPassword, startLocalNeo4j } from '../engines/local-neo4j.ts';
import { findFreePorts } from '../engines/ports.ts';
import type { Board } from './board.ts';
import { checkHealth } from './check-health.ts';
import { keepRunning, type PartStatus } from './keep-running.ts';

export interface MeshOptions {
  /** Names of the services; each gets a process of its own. */
  services: readonly string[];
  /** How many Neo4j servers, each with a projection of its own. */
  neo4jServers: number;
  /** Data, logs and `processes.json`: name, state and process id of every part, as it changes. */
  dir: string;
  board: Board;
}

export interface Mesh {
  /** Resolves when every part answers. */
  ready: Promise<void>;
  /** Services first, so that they can finish what they began; then what they stand on. */
  stop(): Promise<void>;
}

// As it is built: Node 20 does not run TypeScript.
const program = fileURLToPath(new URL('../../services/main.js', import.meta.url));

/** PostgreSQL, Kafka, Neo4j and one process for each service, all on this machine, started side by side and started again when they end. */
export async function startMesh({ services, neo4jServers, dir: place, board }: MeshOptions): Promise<Mesh> {
  const dir = resolve(place);
  await mkdir(dir, { recursive: true });
  // First and alone: it refuses a folder on which another mesh runs.
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres'), log: createLogger({ level: 'error' }) });

  const log = (line: string) => board.say(line);
  // Chosen once: what is started again is found where it was.
  const [kafkaPort = 0, ...ports] = await findFreePorts(1 + neo4jServers + services.length);
  const servicePorts = ports.splice(neo4jServers);
  const servers = ports.map((port, index) => ({ name: index === 0 ? 'neo4j' : `neo4j-${index + 1}`, port }));
  const password = await keepNeo4jPassword(join(dir, 'neo4j'));
  for (const { name } of servers) await keepNeo4jPassword(join(dir, name), password);
  const engines = [
    keepRunning({ name: 'kafka', onFailure: log, start: (signal) => startLocalKafka({ dir: join(dir, 'kafka'), port: kafkaPort, log, signal }) }),
    ...servers.map(({ name, port }) =>
      keepRunning({ name, onFailure: log, start: (signal) => startLocalNeo4j({ dir: join(dir, name), port, log, signal }) }),
    ),
  ];

  const enginesReady = Promise.all(engines.map((engine) => engine.ready));
  const addressed = services.map((name, index) => ({ name, port: servicePorts[index] ?? 0 }));
  const shared: NodeJS.ProcessEnv = {
    ...process.env,
    OPORA_DATABASE_URL: formatConnection(postgres.connection),
    OPORA_KAFKA_BROKERS: `127.0.0.1:${kafkaPort}`,
    OPORA_NEO4J_URL: servers.map(({ port }) => `bolt://127.0.0.1:${port}`).join(','),
    OPORA_NEO4J_PASSWORD: password,
    OPORA_MESH_KEY: randomBytes(32).toString('base64url'),
    OPORA_GRPC_PEERS: addressed.map(({ name, port }) => `${name}=127.0.0.1:${port}`).join(','),
  };
  const processes = addressed.map(({ name, port }) => keepRunning(describeService({ name, port, dir, shared, enginesReady, log })));

  let isStopped = false;
  const parts = [...engines, ...processes];
  const watching = watch(dir, board, () => [describePostgres(postgres, isStopped), ...parts.map((part) => part.status())]);
  return {
    ready: Promise.all(parts.map((part) => part.ready)).then(() => watching.look()),
    async stop() {
      await Promise.all(processes.map((part) => part.stop()));
      await Promise.all(engines.map((part) => part.stop()));
      await postgres.stop();
      isStopped = true;
      await watching.stop();
    },
  };
}

interface ServiceProcess {
  name: string;
  port: number;
  dir: string;
  shared: NodeJS.ProcessEnv;
  enginesReady: Promise<unknown>;
  log(line: string): void;
}

function describeService({ name, port, dir, shared, enginesReady, log }: ServiceProcess): Parameters<typeof keepRunning>[0] {
  const logFile = join(dir, `${name}.log`);
  return {
    name,
    onFailure: log,
    async start(signal) {
      await Promise.race([enginesReady, once(signal, 'abort')]);
      const child = await startChild({
        command: process.execPath,
        args: ['--max-semi-space-size=32', '--enable-source-maps', program, 'start', '--engines', 'mesh', '--services', name],
        env: { ...shared, OPORA_GRPC_PORT: String(port) },
        logFile,
        onErrorLine: (line) => log(line),
        signal,
      });
      await waitUntilReady(name, child, logFile, () => checkReady(name, port));
      return child;
    },
  };
}

// The gateway is the one that is reached by HTTP and not by gRPC.
async function checkReady(name: string, port: number): Promise<void> {
  if (name !== 'gateway') return checkHealth(`127.0.0.1:${port}`);
  const { ok } = await fetch(`http://127.0.0.1:${process.env['OPORA_PORT'] ?? 8080}/readyz`, { signal: AbortSignal.timeout(2000) });
  if (!ok) throw new Error('the gateway is not ready yet');
}

function describePostgres(postgres: EmbeddedPostgres, isStopped: boolean): PartStatus {
  if (isStopped) return { name: 'postgres', state: 'stopped' };
  const pid = postgres.pid();
  return { name: 'postgres', state: postgres.isUp() ? 'ready' : 'starting', ...(pid !== undefined && { pid }) };
}

function watch(dir: string, board: Board, read: () => PartStatus[]): { look(): Promise<void>; stop(): Promise<void> } {
  let written = '';
  let writing = Promise.resolve();
  const look = () => {
    const parts = read();
    board.show(parts);
    const text = JSON.stringify(parts, undefined, 2);
    if (text !== written) {
      written = text;
      writing = writing.then(() => replaceFile(join(dir, 'processes.json'), text));
    }
    return writing;
  };
  const timer = setInterval(() => void look(), 100);
  return {
    look,
    stop() {
      clearInterval(timer);
      return look();
    },
  };
}

async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
