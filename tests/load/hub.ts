import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { findFreePorts } from '../../deploy/engines/ports.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../platform/postgres/embedded-postgres.ts';
import { formatConnection } from '../../platform/postgres/parse-connection.ts';

export const token = 'opora_benchmark_token';

export interface Answer {
  status: number;
  body: string;
}

export interface BenchHub {
  url: string;
  pid: number;
  postgres: EmbeddedPostgres;
  /** Sends over kept connections, as many as there are callers at once. */
  send(method: string, path: string, body?: string, mediaType?: string): Promise<Answer>;
  get<Body>(path: string): Promise<Body>;
  stop(): Promise<void>;
}

export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'opora-bench-'));
  await chmod(folder, 0o711); // the user who runs PostgreSQL for root must be able to walk in
  return folder;
}

/** The hub in a process of its own over a durable PostgreSQL that the benchmark can reach too. */
export async function startBenchHub(environment: NodeJS.ProcessEnv = {}): Promise<BenchHub> {
  const folder = await makeFolder();
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: pino({ level: 'silent' }) });
  const [port = 0] = await findFreePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const child = startProcess({
    OPORA_DATA: folder,
    OPORA_PORT: String(port),
    OPORA_DATABASE_URL: formatConnection(postgres.connection),
    OPORA_DEMO: 'none',
    OPORA_LOG_LEVEL: 'warn',
    ...environment,
  });
  await untilReady(url, child);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const send: BenchHub['send'] = (method, path, body, mediaType) => sendOver(agent, url, method, path, body, mediaType);
  return {
    url,
    pid: child.pid ?? 0,
    postgres,
    send,
    get: async <Body>(path: string) => JSON.parse((await send('GET', path)).body) as Body,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      agent.destroy();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function startProcess(environment: NodeJS.ProcessEnv): ChildProcess {
  // As `npm start` runs it.
  return spawn(process.execPath, ['--max-semi-space-size=32', 'dist/services/main.js', 'start'], {
    env: { ...process.env, OPORA_ADMIN_TOKEN: token, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

export async function untilReady(url: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error('The hub ended before it was ready.');
    const ready = await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function sendOver(agent: Agent, url: string, method: string, path: string, body?: string, mediaType = 'application/json'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': mediaType, 'content-length': Buffer.byteLength(body) }),
    };
    const sent = request(`${url}${path}`, { method, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Memory of a process and all below it, each shared page counted once (PSS), in bytes; from /proc. */
export async function readMemory(pid: number): Promise<number> {
  let total = 0;
  for (const each of await familyOf(pid)) {
    const text = await readFile(`/proc/${each}/smaps_rollup`, 'utf8').catch(() => '');
    total += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
  }
  return total;
}

/** Processor time of a process and all below it, also of those that have ended, in seconds. */
export async function readCpu(pid: number): Promise<number> {
  let ticks = 0;
  for (const each of await familyOf(pid)) {
    const text = await readFile(`/proc/${each}/stat`, 'utf8').catch(() => '');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    for (const own of fields.slice(11, 15)) ticks += Number(own);
  }
  return ticks / 100;
}

async function familyOf(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    parents.set(Number(name), Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const family = [pid];
  for (const member of family) for (const [child, parent] of parents) if (parent === member) family.push(child);
  return family;
}

/** Asks until it holds; gives the seconds that it took. */
export async function waitUntil(holds: () => Promise<boolean>, within: number): Promise<number> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > within * 1000) throw new Error(`It did not come true within ${within} s.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return (performance.now() - began) / 1000;
}

/** Events that were announced and are not handled yet by everybody, from the hub's metrics. */
export async function readLag(hub: BenchHub): Promise<number> {
  const { body } = await hub.send('GET', '/metrics');
  let lag = 0;
  for (const line of body.split('\n')) {
    if (/^opora_(subscriber_lag_events|queue_events)\{/.test(line)) lag += Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return lag;
}
