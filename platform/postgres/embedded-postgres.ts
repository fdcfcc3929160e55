import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Logger } from 'pino';
import { makeOwnFolder, type DatabaseUser, findDatabaseUser, isAlive, isReachableByOthers, lockFolder, placeFor } from './data-folder.ts';
import { type Binaries, binariesIn, copyNative, findNative } from './embedded-binaries.ts';
import type { Connection } from './open-database.ts';

export interface EmbeddedPostgres {
  connection: Connection;
  pid(): number | undefined;
  /** True while it answers; false while it is being started again. */
  isUp(): boolean;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  dataDir: string;
  log: Logger;
  /** False only for tests that start from nothing each time: writes are then not forced to disk. */
  durable?: boolean;
}

/**
 * Starts the PostgreSQL that npm brought and keeps it running: makes the cluster on the first start, stops one that a killed hub left behind,
 * starts it again when it dies, and ends it when this process ends, however that ends. It listens on a unix socket only.
 */
export async function startEmbeddedPostgres({ dataDir, log, durable = true }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const release = await lockFolder(dataDir);
  try {
    const user = findDatabaseUser();
    const place = await placeFor(dataDir, user);
    if (place !== (await placeFor(dataDir, undefined))) log.warn({ place }, 'the data folder is closed to the user who runs PostgreSQL; its files are kept elsewhere');
    const native = await findNative();
    const binaries = binariesIn(user && !(await isReachableByOthers(native)) ? await copyNative(native, '/var/lib/opora') : native);
    const cluster = join(place, 'pgdata');
    const password = await readPassword(join(place, 'pg-password'));
    if (!existsSync(join(cluster, 'PG_VERSION'))) await initialise(binaries, cluster, password, user);
    await stopOrphan(cluster, log);
    return await supervise({ binaries, cluster, password, user, log, durable, place, release });
  } catch (error) {
    await release();
    throw error;
  }
}

async function readPassword(file: string): Promise<string> {
  if (!existsSync(file)) await writeFile(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFile(file, 'utf8');
}

async function initialise(binaries: Binaries, cluster: string, password: string, user: DatabaseUser | undefined): Promise<void> {
  // A start that was killed half-way leaves a cluster without PG_VERSION, which initdb would refuse.
  await rm(cluster, { recursive: true, force: true });
  await makeOwnFolder(cluster, user);
  const passwordFile = join(await mkdtemp(join(tmpdir(), 'opora-')), 'password');
  await makeOwnFolder(join(passwordFile, '..'), user);
  await writeFile(passwordFile, password, { mode: 0o644 });
  const args = ['--encoding=UTF8', '--locale=C.UTF-8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--data-checksums', '--no-sync'];
  try {
    await promisify(execFile)(binaries.initdb, [...args, '--username=opora', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '-D', cluster], {
      ...user,
      cwd: '/',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
  } finally {
    await rm(join(passwordFile, '..'), { recursive: true, force: true });
  }
}

/** A killed hub may leave its server behind; nobody else may hold the folder, since the lock is ours. */
async function stopOrphan(cluster: string, log: Logger): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const [first, folder] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(first);
  if (!first || !Number.isInteger(pid)) return;
  const isOurs = folder === cluster && isAlive(pid) && (await commandOf(pid)).includes(cluster);
  if (!isOurs) {
    await rm(file, { force: true });
    return;
  }
  log.warn({ pid }, 'a killed hub left its PostgreSQL running; it is stopped first');
  process.kill(pid, 'SIGINT');
  for (let waited = 0; isAlive(pid) && waited < 15_000; waited += 50) await sleep(50);
  if (isAlive(pid)) throw new Error(`PostgreSQL (process ${pid}) works in ${cluster} and does not stop. End it and start again.`);
}

async function commandOf(pid: number): Promise<string> {
  const fromProc = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (fromProc !== undefined) return fromProc;
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout;
}

interface Supervised {
  binaries: Binaries;
  cluster: string;
  password: string;
  user: DatabaseUser | undefined;
  log: Logger;
  durable: boolean;
  place: string;
  release(): Promise<void>;
}

async function supervise({ binaries, cluster, password, user, log, durable, place, release }: Supervised): Promise<EmbeddedPostgres> {
  // A unix socket's path has at most 103 bytes; `.s.PGSQL.5432` takes 14 of them.
  const short = Buffer.byteLength(place) < 80;
  const socket = short ? join(place, 'socket') : await mkdtemp(join(tmpdir(), 'opora-'));
  await makeOwnFolder(socket, user);
  const connection: Connection = { host: socket, port: 5432, user: 'opora', password, database: 'opora' };

  let child: ChildProcess | undefined;
  let guard: ChildProcess | undefined;
  let stopping = false;
  let up = false;
  let failures = 0;

  const launch = async (): Promise<void> => {
    child = spawn(binaries.postgres, ['-D', cluster, ...settings(socket, durable)], { ...user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    guard?.kill();
    guard = guardAgainstOurDeath(child);
    const last: string[] = [];
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      last.push(text);
      last.splice(0, last.length - 20);
      for (const line of text.split('\n')) if (/FATAL|PANIC|ERROR:.*(space|corrupt)/.test(line)) log.warn({ line: line.trim() }, 'PostgreSQL says');
    });
    const exited = new Promise<never>((_, reject) => {
      child?.once('error', reject);
      child?.once('exit', (code, signal) => {
        const wasUp = up;
        up = false;
        reject(new Error(`PostgreSQL ended (${signal ?? code}): ${last.join('').trim()}`));
        // One that never came up is reported to whoever starts it.
        if (wasUp && !stopping) void restart(code, signal);
      });
    });
    await Promise.race([untilReady(connection), exited]);
    exited.catch(() => undefined);
    up = true;
    failures = 0;
  };

  const restart = async (code: number | null, signal: NodeJS.Signals | null): Promise<void> => {
    const pause = Math.min(5_000, 200 * 2 ** failures++);
    log.error({ code, signal, pause }, 'PostgreSQL ended; it is started again');
    await sleep(pause);
    if (stopping) return;
    await launch().catch((error: unknown) => {
      log.error({ err: error }, 'PostgreSQL did not start');
      return restart(code, signal);
    });
  };

  const stop = async () => {
    stopping = true;
    const running = child;
    if (running && running.exitCode === null && running.signalCode === null) {
      const gone = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGINT');
      await gone;
    }
    guard?.kill();
    if (!short) await rm(socket, { recursive: true, force: true });
    await release();
  };

  try {
    await launch();
    await prepareDatabase(connection);
  } catch (error) {
    await stop();
    throw error;
  }
  return { connection, pid: () => child?.pid, isUp: () => up, stop };
}

/** Stops the server when this process is gone, even by SIGKILL: the shell's input ends with us. */
function guardAgainstOurDeath(server: ChildProcess): ChildProcess | undefined {
  if (process.platform === 'win32' || server.pid === undefined) return undefined;
  const guard = spawn('/bin/sh', ['-c', `read _; kill -INT ${server.pid} 2>/dev/null`], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.stdin?.on('error', () => undefined);
  guard.unref();
  if (guard.stdin && 'unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref();
  return guard;
}

function settings(socket: string, durable: boolean): string[] {
  const values: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: socket,
    unix_socket_permissions: '0700',
    max_connections: '150',
    shared_buffers: '96MB',
    work_mem: '4MB',
    maintenance_work_mem: '32MB',
    max_wal_size: '1GB',
    wal_compression: 'pglz',
    checkpoint_completion_target: '0.9',
    jit: 'off',
    autovacuum_max_workers: '2',
    autovacuum_naptime: '15s',
    logging_collector: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function untilReady(connection: Connection): Promise<void> {
  for (;;) {
    const client = new pg.Client({ ...connection, database: 'postgres' });
    try {
      await client.connect();
      return;
    } catch {
      await sleep(25);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Makes the database, and refuses to work with one in which Russian words would silently not be found. */
async function prepareDatabase(connection: Connection): Promise<void> {
  const first = new pg.Client({ ...connection, database: 'postgres' });
  await first.connect();
  const { rows } = await first.query('select 1 from pg_database where datname = $1', [connection.database]);
  if (rows.length === 0) await first.query(`create database ${first.escapeIdentifier(connection.database)}`);
  await first.end();

  const client = new pg.Client(connection);
  await client.connect();
  await client.query('create extension if not exists pg_trgm');
  const check = await client.query<{ lower: string; similar: number }>(`select lower('Ё') as lower, similarity('Принтер', 'принтеры') as similar`);
  await client.end();
  const [row] = check.rows;
  if (row?.lower !== 'ё' || row.similar <= 0.5) throw new Error('This PostgreSQL does not know Russian letters: make its data folder again (the locale must be C.UTF-8).');
}
