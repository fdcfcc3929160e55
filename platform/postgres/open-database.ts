import { createHmac } from 'node:crypto';
import pg from 'pg';
import type { Clock, NewId } from '../clock/clock.ts';
import type { OpenDatabase } from '../engines/engines.ts';
import type { Changes } from './database.ts';
import { mergeChanges } from './merge-changes.ts';
import { migrate } from './migrate.ts';
import { translateServerError } from './server-error.ts';
import { render, type Statement } from './sql.ts';

/** How to reach a PostgreSQL server, as one who may create roles and schemas. `host` is a name or the folder of a unix socket. */
export interface Connection {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

export interface OpenOptions {
  admin: Connection;
  service: { name: string; migrations?: URL };
  clock: Clock;
  newId: NewId;
  /** W3C trace context of what runs now; it goes with the events. */
  traceparent?: () => string | undefined;
  /** Most connections that the service's queries share; 8 unless told. */
  connections?: number;
  /** An idle connection broke; the pool opens another one. */
  onConnectionError?(error: Error): void;
}

const logReader = 'opora_log_reader';

/** Makes the service's role and schema if they are not there, applies its migrations, and opens a pool under that role. */
export async function openDatabase(options: OpenOptions): Promise<OpenDatabase> {
  const { admin, service, clock, newId, traceparent, connections = 8, onConnectionError } = options;
  const own = ownConnection(admin, service.name);
  await prepare(admin, service, own);

  const pool = new pg.Pool({ ...toClientConfig(own, service.name), max: connections, idleTimeoutMillis: 10_000, connectionTimeoutMillis: 5_000 });
  pool.on('error', (error) => onConnectionError?.(error));
  const committed = new Set<() => void>();
  const names = new Map<string, string>();

  /** Statements have few shapes, so that each is parsed and planned once a connection. */
  const run = async <Row extends object>(statement: Statement): Promise<Row[]> => {
    const { text, values } = render(statement);
    let name = names.get(text);
    if (name === undefined && names.size < 500) names.set(text, (name = `s${names.size}`));
    try {
      const result = await pool.query<Row>(name === undefined ? { text, values } : { name, text, values });
      return result.rows;
    } catch (error) {
      throw translateServerError(error);
    }
  };

  return {
    schema: service.name,
    query: run,
    async commit(changes: Changes) {
      const trace = traceparent?.();
      const now = changes.at ?? clock.now();
      const statement = mergeChanges(changes, { now, newId: () => newId(now), ...(trace !== undefined && { traceparent: trace }) });
      if (!statement) return;
      await run(statement);
      if (changes.events && changes.events.length > 0) for (const wake of committed) wake();
    },
    onCommit(wake) {
      committed.add(wake);
      return () => committed.delete(wake);
    },
    async openClient() {
      const client = new pg.Client(toClientConfig(own, service.name));
      await client.connect();
      return client;
    },
    gauge: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

/** A pool that may read the bus_log of every service, and nothing else. */
export function openLogReader(admin: Connection): pg.Pool {
  const own = { ...admin, user: logReader, password: derivePassword(admin, logReader) };
  return new pg.Pool({ ...toClientConfig(own, 'public'), max: 4, idleTimeoutMillis: 10_000, connectionTimeoutMillis: 5_000 });
}

async function prepare(admin: Connection, service: { name: string; migrations?: URL }, own: Connection): Promise<void> {
  if (!/^[a-z][a-z_]{0,40}$/.test(service.name)) throw new Error(`"${service.name}" is no name for a schema.`);
  const client = new pg.Client(toClientConfig(admin, 'public'));
  await client.connect();
  try {
    await client.query(`select pg_advisory_lock(hashtext('opora/prepare'))`);
    await client.query('create extension if not exists pg_trgm with schema public');
    await client.query('revoke create on schema public from public');
    await ensureRole(client, own.user, own.password);
    await ensureRole(client, logReader, derivePassword(admin, logReader));
    const { schema, role } = { schema: client.escapeIdentifier(service.name), role: client.escapeIdentifier(own.user) };
    // A superuser need not be a member of the role that is to own the schema; anybody else must.
    await client.query(`grant ${role} to current_user`);
    await client.query(`create schema if not exists ${schema} authorization ${role}`);
    await client.query(`set role ${role}`);
    await client.query(`set search_path to ${schema}, public`);
    await migrate(client, service);
    await client.query(`grant usage on schema ${schema} to ${logReader}`);
    await client.query(`grant select on bus_log to ${logReader}`);
  } finally {
    await client.end();
  }
}

async function ensureRole(client: pg.Client, name: string, password: string): Promise<void> {
  const { rows } = await client.query('select 1 from pg_roles where rolname = $1', [name]);
  const role = client.escapeIdentifier(name);
  await client.query(`${rows.length > 0 ? 'alter' : 'create'} role ${role} login password ${client.escapeLiteral(password)}`);
}

/** Every process of a service finds the same password without storing it. */
function derivePassword(admin: Connection, role: string): string {
  return createHmac('sha256', `opora/${admin.password}`).update(role).digest('base64url');
}

function ownConnection(admin: Connection, name: string): Connection {
  const user = `opora_${name}`;
  return { ...admin, user, password: derivePassword(admin, user) };
}

export function toClientConfig(connection: Connection, schema: string): pg.ClientConfig {
  return {
    ...connection,
    application_name: `opora ${schema}`,
    options: `-c search_path=${schema},public`,
    statement_timeout: 30_000,
    keepAlive: true,
  };
}
