import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Connection } from './connection.ts';
import type { DatabaseUser } from './data-folder.ts';
import type { Binaries } from './embedded-binaries.ts';
import { isAlive } from './folder-lock.ts';
import { listSettings } from './server-settings.ts';

export interface ServerPlan {
  binaries: Binaries;
  cluster: string;
  connection: Connection;
  user: DatabaseUser | undefined;
  durable: boolean;
  log: Logger;
}

export interface ServerProcess {
  pid: number | undefined;
  /** Settles when it has ended, with the reason. */
  ended: Promise<string>;
}

const longestStop = 20_000;

/** Starts PostgreSQL and waits until it answers. When `signal` fires it is stopped, ready or not. Throws when it ends before it answers. */
export async function launchServer(plan: ServerPlan, signal: AbortSignal): Promise<ServerProcess> {
  await stopOrphan(plan.cluster, plan.log);
  const args = ['-D', plan.cluster, ...listSettings(plan.connection.host, plan.durable)];
  // In a process group of its own: Ctrl+C is for the hub, which stops PostgreSQL when it has finished with it.
  const child = spawn(plan.binaries.postgres, args, { ...plan.user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const guard = guardAgainstOurDeath(child);
  const last = followMessages(child, plan.log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, by) => resolve(`PostgreSQL ended (${by ?? code}): ${last.join(' | ')}`));
  }).finally(() => guard.kill());
  const stop = () => void stopServer(child, ended);
  signal.addEventListener('abort', stop);
  void ended.then(() => signal.removeEventListener('abort', stop));
  if (signal.aborted) stop();
  const giveUp = new AbortController();
  const why = await Promise.race([waitUntilReady(plan, giveUp.signal), ended]).catch(async (error: unknown) => {
    await stopServer(child, ended);
    throw error;
  });
  giveUp.abort();
  if (why !== undefined) throw new Error(why);
  return { pid: child.pid, ended };
}

/** SIGINT ends it with its connections; one that hangs is ended at once, and recovers at the next start. */
async function stopServer(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), longestStop);
  await ended;
  clearTimeout(timer);
}

/** Stops the server when this process is gone, even by SIGKILL: the shell's input ends with us. */
function guardAgainstOurDeath(server: ChildProcess): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', `read _; kill -INT ${server.pid ?? 0}`], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  return guard;
}

function followMessages(child: ChildProcess, log: Logger): string[] {
  const last: string[] = [];
  if (!child.stderr) return last;
  createInterface({ input: child.stderr }).on('line', (line) => {
    last.push(line);
    if (last.length > 5) last.shift();
    if (/FATAL|PANIC|No space left|corrupt/.test(line)) log.warn({ line }, 'PostgreSQL says');
    else log.debug({ line }, 'PostgreSQL says');
  });
  return last;
}

/** Resolves with nothing when it answers. Recovery after a crash may take minutes on a big cluster: it is waited for, and said. */
async function waitUntilReady({ cluster, connection, log }: ServerPlan, giveUp: AbortSignal): Promise<undefined> {
  const since = Date.now();
  for (let told = 1; !giveUp.aborted; await sleep(20)) {
    // The server keeps its state in the 8th line, as pg_ctl knows too: https://www.postgresql.org/docs/current/storage-file-layout.html
    const state = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[7]?.trim();
    if (state === 'ready') return tryConnection(connection);
    if (Date.now() - since > 10_000 * told && told++) log.warn({ state }, 'PostgreSQL still recovers what was not finished before');
  }
}

async function tryConnection(connection: Connection): Promise<undefined> {
  const client = new pg.Client({ ...connection, database: 'postgres' });
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
}

/** A killed hub may leave its server behind; nobody else works in the folder, since its lock is ours. A pid file of a process that is not PostgreSQL's is void. */
export async function stopOrphan(cluster: string, log: Logger): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const [first = ''] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(first);
  if (first === '' || !Number.isInteger(pid) || pid <= 0) return;
  if (!isAlive(pid) || !(await readCommand(pid)).includes(cluster)) {
    await rm(file, { force: true });
    return;
  }
  log.warn({ pid }, 'a killed hub left its PostgreSQL running; it is stopped first');
  process.kill(pid, 'SIGINT');
  for (let waited = 0; isAlive(pid) && waited < longestStop; waited += 20) await sleep(20);
  if (isAlive(pid)) throw new Error(`PostgreSQL (process ${pid}) works in ${cluster} and does not stop. End it and start again.`);
}

async function readCommand(pid: number): Promise<string> {
  const fromProc = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (fromProc !== undefined) return fromProc;
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout;
}
