import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The holder touches its lock this often, so that a hub which cannot see its process (another container) knows that it lives. */
const beat = 5_000;
const silence = 15_000;

/** Takes the data folder for this process; a second hub on it is refused with the first one's process id. Gives the way to let go. */
export async function lockFolder(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, 'hub.lock');
  const mine = `${process.pid} ${startTimeOf(process.pid)} ${findWorld()}`;
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, mine);
  try {
    // A link comes into being whole or not at all: nobody reads half a lock.
    while (!(await succeeds(link(draft, file), 'EEXIST'))) {
      const holder = await readFile(file, 'utf8').catch(() => undefined);
      if (holder === undefined) continue;
      if (await isHeld(file, holder)) throw new Error(describeHolder(holder, dataDir));
      await removeStale(file, holder);
    }
  } finally {
    await rm(draft, { force: true });
  }
  const beating = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => undefined), beat);
  beating.unref();
  return async () => {
    clearInterval(beating);
    await removeStale(file, mine);
  };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function describeHolder(holder: string, dataDir: string): string {
  const [pid, , world] = holder.split(' ');
  const where = world === findWorld() ? '' : ' of another machine or container';
  return `Another hub (process ${pid}${where}) works in ${resolve(dataDir)}. Stop it, or give this one a folder of its own with OPORA_DATA.`;
}

async function isHeld(file: string, holder: string): Promise<boolean> {
  const [pid = '', startTime = '', world = ''] = holder.split(' ');
  if (world === findWorld()) return isAlive(Number(pid)) && startTimeOf(Number(pid)) === startTime;
  const touched = await readTouched(file);
  for (let waited = 0; waited < silence && touched !== undefined && Date.now() - touched < silence; waited += 500) {
    await sleep(500);
    if ((await readTouched(file)) !== touched) return true;
  }
  return false;
}

/** Removes exactly this lock: one that somebody took in between is put back. */
async function removeStale(file: string, content: string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  if (!(await succeeds(rename(file, aside), 'ENOENT'))) return;
  if ((await readFile(aside, 'utf8')) !== content) await succeeds(link(aside, file), 'EEXIST');
  await rm(aside, { force: true });
}

async function readTouched(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.mtimeMs;
}

async function succeeds(work: Promise<unknown>, otherwise: string): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === otherwise) return false;
    throw error;
  }
}

/** Where process ids mean the same: one boot of one machine, one container. */
function findWorld(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** Tells a process from a later one with the same id. */
function startTimeOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // No /proc (macOS), or no such process.
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .replaceAll(' ', '_');
  } catch {
    return '';
  }
}
