import { readFileSync } from 'node:fs';
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';

/** The user under whom PostgreSQL runs when we are root, which it refuses itself. */
export interface DatabaseUser {
  uid: number;
  gid: number;
}

/** Undefined when we are not root: then PostgreSQL runs as we do. */
export function findDatabaseUser(): DatabaseUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find(([user]) => user === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it. Start Opora as an ordinary user.');
}

/** Whether others than the owner may walk to this path: a checkout under a home of mode 0700 is closed to them. */
export async function isReachableByOthers(path: string): Promise<boolean> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() && (found.mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Where PostgreSQL's files go: in the hub's data folder, or, where its user cannot walk there, in a folder of the same identity under /var/lib. */
export async function placeFor(dataDir: string, user: DatabaseUser | undefined): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  if (!user || (await isReachableByOthers(dataDir))) return resolve(dataDir);
  const place = join('/var/lib/opora', createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 12));
  await mkdir(place, { recursive: true });
  return place;
}

export async function makeOwnFolder(path: string, user: DatabaseUser | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (user) await chown(path, user.uid, user.gid);
}

/** Takes the data folder for this process; a second hub on it is refused with the first one's process id. Gives the way to let go. */
export async function lockFolder(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, 'hub.lock');
  const mine = `${process.pid} ${startTimeOf(process.pid)}`;
  for (;;) {
    try {
      await writeFile(file, mine, { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readFile(file, 'utf8').catch(() => '');
    const [pid = '', startTime] = holder.split(' ');
    if (pid !== '' && startTime !== undefined && isSameProcess(Number(pid), startTime)) {
      throw new Error(`Another hub (process ${pid}) works in ${resolve(dataDir)}. Stop it, or give this one a folder of its own with OPORA_DATA.`);
    }
    await rm(file, { force: true });
  }
}

function isSameProcess(pid: number, startTime: string): boolean {
  return isAlive(pid) && startTimeOf(pid) === startTime;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Tells a process from a later one with the same id. Where /proc is not there, the id alone must do. */
function startTimeOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
