import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DatabaseUser, makeOwnFolder } from './data-folder.ts';
import type { Binaries } from './embedded-binaries.ts';

export interface ClusterPlan {
  binaries: Binaries;
  cluster: string;
  user: DatabaseUser | undefined;
  durable: boolean;
}

/** Makes the cluster when there is none yet, and gives the password of its owner `opora`. The password lives and dies with the cluster's folder. */
export async function openCluster(plan: ClusterPlan): Promise<string> {
  const file = join(plan.cluster, 'opora-password');
  const password = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(`${plan.cluster} belongs to another user. Start Opora as the user who started it before.`, { cause: error });
  });
  return password ?? makeCluster(plan);
}

/** In a folder of its own, which gets its name when all is there: a start that was killed half-way leaves nothing that looks like a cluster. */
async function makeCluster({ binaries, cluster, user, durable }: ClusterPlan): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const draft = `${cluster}.new`;
  await rm(draft, { recursive: true, force: true });
  await makeOwnFolder(draft, user);
  const secret = await mkdtemp(join(tmpdir(), 'opora-'));
  try {
    await makeOwnFolder(secret, user);
    // Only its owner can walk into the folder.
    await writeFile(join(secret, 'password'), password, { mode: 0o644 });
    // With --locale=C Russian search silently finds nothing.
    const locale = ['--encoding=UTF8', '--locale=C.UTF-8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const access = ['--username=opora', `--pwfile=${join(secret, 'password')}`, '--auth=scram-sha-256'];
    const args = [...locale, ...access, '--data-checksums', ...(durable ? [] : ['--no-sync']), '-D', draft];
    await promisify(execFile)(binaries.initdb, args, { ...user, cwd: '/', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  } finally {
    await rm(secret, { recursive: true, force: true });
  }
  await writeFile(join(draft, 'opora-password'), password, { mode: 0o600, flush: true });
  await rename(draft, cluster);
  return password;
}
