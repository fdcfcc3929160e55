import { createHmac } from 'node:crypto';
import pg from 'pg';
import { type Connection, toClientConfig } from './connection.ts';
import { applyFolder, migrate } from './migrate.ts';
import type { ServiceSchema } from './service-schema.ts';

/** May read what every service announced and how far each has heard the others, and nothing else. */
const logReader = 'opora_log_reader';

/** The service's own way in: a role that can touch its schema and nothing else. */
export function ownConnection(admin: Connection, service: string): Connection {
  return connectionOf(admin, `opora_${service}`);
}

export function logReaderConnection(admin: Connection): Connection {
  return connectionOf(admin, logReader);
}

/** Makes the service's role and schema where they are missing and applies its migrations; replicas that start at once wait for each other. */
export async function prepareService(admin: Connection, service: ServiceSchema): Promise<void> {
  if (!/^[a-z][a-z_]{0,40}$/.test(service.name)) throw new Error(`"${service.name}" is no name for a schema.`);
  const own = ownConnection(admin, service.name);
  const client = new pg.Client(toClientConfig(admin, 'public'));
  await client.connect();
  try {
    await client.query(`select pg_advisory_lock(hashtext('opora/prepare'))`);
    await client.query('create extension if not exists pg_trgm with schema public');
    await client.query('revoke create on schema public from public');
    await checkLetters(client);
    await ensureRole(client, own);
    await ensureRole(client, logReaderConnection(admin));
    const schema = await ensureSchema(client, service.name, own);
    const owner = await connectAsOwner(client, own, service.name);
    try {
      await migrate(owner, service);
      await owner.query(`grant usage on schema ${schema} to ${logReader}`);
      await owner.query(`grant select on bus_log, subscription_position to ${logReader}`);
    } finally {
      await owner.end();
    }
    if (service.sealed) await prepareSealed(client, admin, service.name, service.sealed);
  } finally {
    await client.end();
  }
}

/** The part of a service's data that the service itself cannot change: its schema and its tables belong to a role in whose name nothing is asked. */
async function prepareSealed(client: pg.Client, admin: Connection, service: string, migrations: URL): Promise<void> {
  const keeper = connectionOf(admin, `opora_${service}_keeper`);
  await ensureRole(client, keeper);
  const schema = await ensureSchema(client, `${service}_sealed`, keeper);
  const owner = await connectAsOwner(client, keeper, `${service}_sealed`);
  try {
    await applyFolder(owner, `${service}_sealed`, migrations);
    const reader = owner.escapeIdentifier(ownConnection(admin, service).user);
    await owner.query(`grant usage on schema ${schema} to ${reader}`);
    await owner.query(`grant select, insert on all tables in schema ${schema} to ${reader}`);
    await owner.query(`revoke all on migration from ${reader}`);
  } finally {
    await owner.end();
  }
}

/** Gives back its name as SQL takes it. */
async function ensureSchema(client: pg.Client, name: string, owner: Connection): Promise<string> {
  const schema = client.escapeIdentifier(name);
  const { rows } = await client.query('select 1 from pg_namespace where nspname = $1', [name]);
  if (rows.length === 0) await client.query(`create schema ${schema} authorization ${client.escapeIdentifier(owner.user)}`);
  return schema;
}

/** Every process of a service finds the same password without storing it. */
function connectionOf(admin: Connection, user: string): Connection {
  return { ...admin, user, password: createHmac('sha256', `opora/${admin.password}`).update(user).digest('base64url') };
}

/** Roles belong to the whole server, and our lock to one database: somebody else may make the same one at this moment. */
async function ensureRole(client: pg.Client, { user, password }: Connection): Promise<void> {
  const { rows } = await client.query('select 1 from pg_roles where rolname = $1', [user]);
  if (rows.length > 0) return;
  const role = client.escapeIdentifier(user);
  await client.query(`create role ${role} login password ${client.escapeLiteral(password)}`).catch((error: pg.DatabaseError) => {
    if (error.code !== '42710' && error.code !== '23505') throw error;
  });
  // Only a superuser may make a schema for a role that it is not a member of.
  await client.query(
    `do $$ begin if not (select rolsuper from pg_roles where rolname = current_user) then grant ${role} to current_user; end if; end $$`,
  );
}

/** The password follows from the administrator's: when that one was changed, the role gets its new one. */
async function connectAsOwner(admin: pg.Client, own: Connection, schema: string): Promise<pg.Client> {
  const first = new pg.Client(toClientConfig(own, schema));
  try {
    await first.connect();
    return first;
  } catch (error) {
    if ((error as pg.DatabaseError).code !== '28P01') throw error;
  }
  await admin.query(`alter role ${admin.escapeIdentifier(own.user)} password ${admin.escapeLiteral(own.password)}`);
  const second = new pg.Client(toClientConfig(own, schema));
  await second.connect();
  return second;
}

/** Refuses a database in which Russian words would silently not be found. */
async function checkLetters(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ lower: string; similar: number }>(`select lower('Ё') as lower, similarity('Принтер', 'принтеры') as similar`);
  const [row] = rows;
  if (row?.lower === 'ё' && row.similar > 0.5) return;
  throw new Error('This database does not know Russian letters: make it again with the encoding UTF8 and the locale C.UTF-8 or ru_RU.UTF-8.');
}
