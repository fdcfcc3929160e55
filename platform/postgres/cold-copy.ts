import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { link, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, createGzip } from 'node:zlib';
import { pino } from 'pino';
import { findDatabaseUser, findPlace, isReachableByOthers, makeOwnFolder, openPlace } from './data-folder.ts';
import { findBinaries } from './embedded-binaries.ts';
import { lockFolder } from './folder-lock.ts';
import { stopOrphan } from './server-process.ts';

/** Files that every cluster of ours has: an archive without them is not one. */
const marks = ['PG_VERSION', 'opora-password', 'global'];

/**
 * Copies the embedded PostgreSQL's cluster into a `.tar.gz` that only its owner can read, whole or not at all. Throws when a hub works in the
 * folder, when there is no cluster, or when the file is already there.
 */
export async function copyCluster(dataDir: string, file: string): Promise<{ bytes: number }> {
  if (!existsSync(dataDir)) throw new Error(`There is no folder ${dataDir}: name the hub's data folder with --data.`);
  return whileLocked(dataDir, async (cluster) => {
    if (!existsSync(join(cluster, 'PG_VERSION'))) throw new Error(`There is no database in ${dataDir}: no hub was ever started on it.`);
    if (existsSync(file)) throw new Error(`${file} is there already. Choose another name.`);
    await stopOrphan(cluster, pino({ level: 'silent' }));
    const draft = `${file}.${process.pid}`;
    try {
      const tar = spawn('tar', ['-C', cluster, '--exclude', './postmaster.*', '-cf', '-', '.'], { stdio: ['ignore', 'pipe', 'pipe'] });
      const target = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true });
      await Promise.all([untilDone(tar), pipeline(tar.stdout, createGzip({ level: 1 }), target)]);
      await link(draft, file); // unlike a rename, never over another file
      return { bytes: target.bytesWritten };
    } finally {
      await rm(draft, { force: true });
    }
  });
}

/** Puts a copy that `copyCluster` made where a hub's first start would make its cluster. Throws when there is one already, or when the copy is not whole. */
export async function restoreCluster(dataDir: string, file: string): Promise<void> {
  const source = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file} cannot be read: ${error.message}`, { cause: error });
  });
  await source.close();
  await whileLocked(dataDir, async (cluster, place) => {
    if (existsSync(cluster)) throw new Error(`${dataDir} has a database already. Restore into an empty folder: --data or OPORA_DATA names it.`);
    const user = findDatabaseUser();
    const binaries = await findBinaries(user ? openPlace : place, async (folder) => !user || isReachableByOthers(folder));
    const draft = `${cluster}.new`;
    await rm(draft, { recursive: true, force: true });
    await makeOwnFolder(draft, user);
    try {
      // As PostgreSQL's user, so that the files are its own.
      const tar = spawn('tar', ['-C', draft, '-xf', '-'], { ...user, cwd: '/', stdio: ['pipe', 'ignore', 'pipe'] });
      await Promise.all([untilDone(tar), pipeline(createReadStream(file), createGunzip(), tar.stdin)]).catch((error: Error) => {
        throw new Error(`${file} is no whole backup: ${error.message}`, { cause: error });
      });
      await requireSameMajor(draft, file, binaries.postgres);
      await promisify(execFile)(binaries.initdb, ['--sync-only', '-D', draft], { ...user, cwd: '/' });
      await rename(draft, cluster);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  });
}

async function whileLocked<Result>(dataDir: string, work: (cluster: string, place: string) => Promise<Result>): Promise<Result> {
  const release = await lockFolder(dataDir);
  try {
    const place = await findPlace(dataDir, findDatabaseUser());
    return await work(join(place, 'pgdata'), place);
  } finally {
    await release();
  }
}

function untilDone(child: ChildProcess & { stderr: Readable; stdin: Writable | null }): Promise<void> {
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  child.stdin?.on('error', () => undefined); // its end says why
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new Error('this needs the command tar, and it is not on this machine') : error),
    );
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`tar: ${said.trim()}`))));
  });
}

async function requireSameMajor(folder: string, file: string, postgres: string): Promise<void> {
  const there = await readdir(folder);
  const missing = marks.filter((name) => !there.includes(name));
  if (missing.length > 0) throw new Error(`${file} is no backup of Opora: it has no ${missing.join(', ')}.`);
  const made = (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim();
  const { stdout } = await promisify(execFile)(postgres, ['--version']);
  const ours = /\d+/.exec(stdout)?.[0];
  if (made !== ours)
    throw new Error(`${file} is of PostgreSQL ${made}, and this is ${ours}: restore it with the Opora that made it, then move by pg_dump.`);
}
