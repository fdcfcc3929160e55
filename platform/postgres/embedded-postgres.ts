import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Connection } from './connection.ts';
import { findDatabaseUser, findPlace, isReachableByOthers, makeOwnFolder, openPlace } from './data-folder.ts';
import { findBinaries } from './embedded-binaries.ts';
import { lockFolder } from './folder-lock.ts';
import { openCluster } from './make-cluster.ts';
import { launchServer, type ServerPlan, type ServerProcess } from './server-process.ts';

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
 * Throws when another hub works in the folder.
 */
export async function startEmbeddedPostgres({ dataDir, log, durable = true }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const release = await lockFolder(dataDir);
  try {
    const user = findDatabaseUser();
    const place = await findPlace(dataDir, user);
    if (user && place.startsWith(openPlace))
      log.warn({ place }, `PostgreSQL does not run as root, and its user cannot come to ${dataDir}: its files are in ${place}`);
    const binaries = await findBinaries(user ? openPlace : place, async (folder) => !user || isReachableByOthers(folder));
    const cluster = join(place, 'pgdata');
    const password = await openCluster({ binaries, cluster, user, durable });
    const { folder, remove } = await makeSocketFolder(place);
    await makeOwnFolder(folder, user);
    const connection: Connection = { host: folder, port: 5432, user: 'opora', password, database: 'opora' };
    const server = await supervise({ binaries, cluster, connection, user, durable, log });
    const stop = async () => {
      await server.stop();
      await remove();
      await release();
    };
    await makeDatabase(connection).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    return { connection, pid: server.pid, isUp: server.isUp, stop };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A unix socket's path has at most 103 bytes (macOS), and `/.s.PGSQL.5432.lock` stands in it. */
async function makeSocketFolder(place: string): Promise<{ folder: string; remove(): Promise<void> }> {
  const near = join(place, 'socket');
  if (Buffer.byteLength(near) <= 80) return { folder: near, remove: async () => undefined };
  const folder = await mkdtemp(join(Buffer.byteLength(tmpdir()) <= 60 ? tmpdir() : '/tmp', 'opora-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function supervise(plan: ServerPlan): Promise<{ pid(): number | undefined; isUp(): boolean; stop(): Promise<void> }> {
  const stopping = new AbortController();
  const { signal } = stopping;
  let server: ServerProcess | undefined = await launchAfterCrash(plan, signal);

  const keepRunning = async (first: ServerProcess) => {
    let running = first;
    for (let failures = 0; ; ) {
      const since = Date.now();
      let why = await running.ended;
      server = undefined;
      // One that dies again and again is started less and less often.
      if (Date.now() - since > 60_000) failures = 0;
      while (server === undefined && !signal.aborted) {
        const pause = Math.min(5_000, 100 * 2 ** failures++);
        plan.log.error({ why, pause }, 'PostgreSQL is not running; it is started again');
        await sleep(pause, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) break;
        server = await launchServer(plan, signal).catch((error: Error) => {
          why = error.message;
          return undefined;
        });
      }
      if (signal.aborted || server === undefined) return server?.ended;
      plan.log.info({ pid: server.pid }, 'PostgreSQL runs again');
      running = server;
    }
  };
  const done = keepRunning(server);
  return {
    pid: () => server?.pid,
    isUp: () => server !== undefined,
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

/** The processes of a server that was killed live on for a moment and keep its memory; until they are gone a new one refuses to start. */
async function launchAfterCrash(plan: ServerPlan, signal: AbortSignal): Promise<ServerProcess> {
  for (let tries = 0; ; tries++) {
    try {
      return await launchServer(plan, signal);
    } catch (error) {
      if (tries === 20 || !(error instanceof Error) || !error.message.includes('shared memory block')) throw error;
      await sleep(250);
    }
  }
}

async function makeDatabase(connection: Connection): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres' });
  await client.connect();
  try {
    const { rows } = await client.query('select 1 from pg_database where datname = $1', [connection.database]);
    if (rows.length === 0) await client.query(`create database ${client.escapeIdentifier(connection.database)}`);
  } finally {
    await client.end();
  }
}
