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
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${process.pid} ${startTimeOf(process.pid)} ${findWorld()}`);
  try {
    await take(file, draft, dataDir);
  } finally {
    await rm(draft, { force: true });
  }
  const beating = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => undefined), beat);
  beating.unref();
  return async () => {
    clearInterval(beating);
    await rm(file, { force: true });
  };
}

/** Who works in the data folder now, in words; undefined when nobody does. Takes up to 15 s when it is a hub of another container. */
export async function findHolder(dataDir: string): Promise<string | undefined> {
  const file = join(dataDir, 'hub.lock');
  const holder = await readHolder(file);
  return holder !== undefined && (await isHeld(file, holder)) ? describeHolder(holder, dataDir) : undefined;
}

/** A link comes into being whole or not at all. One that was left behind is replaced only by the holder of a second lock of the same kind. */
async function take(file: string, draft: string, dataDir: string): Promise<void> {
  while (!(await succeeds(link(draft, file), 'EEXIST'))) {
    const holder = await readHolder(file);
    if (holder === undefined) continue;
    if (await isHeld(file, holder)) throw new Error(describeHolder(holder, dataDir));
    const claim = `${file}.over`;
    await take(claim, draft, dataDir);
    try {
      if ((await readHolder(file)) !== holder) continue;
      const copy = `${draft}.over`;
      await link(draft, copy);
      await rename(copy, file);
      return;
    } finally {
      await rm(claim, { force: true });
    }
  }
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

async function readHolder(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
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
