import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { ClientBase } from 'pg';

interface Migration {
  number: number;
  name: string;
  text: string;
  checksum: string;
}

const platformMigrations = new URL('./migrations/', import.meta.url);

/** Brings the schema that `client` works in to the newest version: the platform's tables first, then the service's own. */
export async function migrate(client: ClientBase, { name, migrations }: { name: string; migrations?: URL }): Promise<void> {
  await applyFolder(client, 'platform', platformMigrations);
  if (migrations) await applyFolder(client, name, migrations);
}

/** Applies what is new of one folder of migrations in the schema that `client` works in. */
export async function applyFolder(client: ClientBase, owner: string, folder: URL): Promise<void> {
  await client.query(`create table if not exists migration (
    owner text not null, number int not null, name text not null, checksum text not null, applied_at timestamptz not null default now(), primary key (owner, number))`);
  await apply(client, owner, await readMigrations(folder));
}

/** Tells apart two states of all migrations of a service, so that a prepared database can be used again. */
export async function fingerprintMigrations(...folders: readonly (URL | undefined)[]): Promise<string> {
  const all = (await Promise.all([platformMigrations, ...folders].map((folder) => (folder ? readMigrations(folder) : [])))).flat();
  return createHash('sha256')
    .update(all.map(({ checksum }) => checksum).join())
    .digest('hex')
    .slice(0, 16);
}

async function apply(client: ClientBase, owner: string, migrations: readonly Migration[]): Promise<void> {
  const { rows } = await client.query<{ number: number; name: string; checksum: string }>(
    'select number, name, checksum from migration where owner = $1',
    [owner],
  );
  const applied = new Map(rows.map((row) => [row.number, row]));
  const newest = migrations.at(-1)?.number ?? 0;
  for (const { number, name } of applied.values()) {
    if (number > newest) {
      throw new Error(
        `The schema of "${owner}" is newer than this program: it has migration ${number} "${name}", and the newest known here is ${newest}. Start the newer version.`,
      );
    }
  }
  for (const migration of migrations) {
    const before = applied.get(migration.number);
    if (before && before.checksum !== migration.checksum) {
      throw new Error(`Migration ${migration.name} of "${owner}" was changed after it had been applied. Undo the change and add a new migration.`);
    }
    if (!before) await applyOne(client, owner, migration);
  }
}

async function applyOne(client: ClientBase, owner: string, { number, name, text, checksum }: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(text);
    await client.query('insert into migration (owner, number, name, checksum) values ($1, $2, $3, $4)', [owner, number, name, checksum]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`Migration ${name} of "${owner}" failed: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  const misnamed = files.find((file, index) => !file.startsWith(`${String(index + 1).padStart(4, '0')}_`));
  if (misnamed !== undefined)
    throw new Error(`Migrations are numbered 0001_name.sql, 0002_name.sql … without gaps; "${misnamed}" is not next in ${folder.pathname}.`);
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(new URL(file, folder), 'utf8');
      return { number: Number(file.slice(0, 4)), name: file, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}
