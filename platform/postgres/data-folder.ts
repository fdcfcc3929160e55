import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chown, mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** The user under whom PostgreSQL runs when we are root, which it refuses itself. */
export interface DatabaseUser {
  uid: number;
  gid: number;
}

/** Root's own place, which every user can walk into: a home or a checkout may be closed to others, and is not ours to open. */
export const openPlace = '/var/lib/opora';

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

/** Whether others than the owner may walk to this folder: a checkout under a home of mode 0700 is closed to them. */
export async function isReachableByOthers(path: string): Promise<boolean> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() && (found.mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Where PostgreSQL's files go: in the hub's data folder, or, where its user cannot walk there, in a folder of that name's own under /var/lib. */
export async function findPlace(dataDir: string, user: DatabaseUser | undefined): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  if (!user || (await isReachableByOthers(dataDir))) return resolve(dataDir);
  const place = join(openPlace, createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 12));
  await mkdir(place, { recursive: true });
  return place;
}

export async function makeOwnFolder(path: string, user: DatabaseUser | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (user) await chown(path, user.uid, user.gid);
}
