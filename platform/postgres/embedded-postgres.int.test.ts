import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { newUuid, systemClock } from '../clock/clock.ts';
import type { Connection } from './connection.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
import { isAlive } from './folder-lock.ts';
import { openDatabase } from './open-database.ts';
import { sql } from './sql.ts';

const log = pino({ level: 'silent' });
const clock = systemClock;
const newId = newUuid;
let dataDir: string;
const children: ChildProcess[] = [];
const servers: EmbeddedPostgres[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'opora-embedded-'));
  await chmod(dataDir, 0o711);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
  await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
});

describe('the embedded PostgreSQL', () => {
  it('keeps what was written over a stop and a start, and finds Russian words', async () => {
    const first = await start();
    await write(first.connection, 'written before');
    await first.stop();
    const again = await start();
    expect(await readAll(again.connection)).toEqual(['written before']);
    expect(await ask(again.connection, `select lower('ЁЛКА') as answer`)).toEqual([{ answer: 'ёлка' }]);
  });

  it('starts again by itself when it is killed: queries meanwhile are unavailable, and then go on', async () => {
    const server = await start();
    const database = await openDatabase({ admin: server.connection, service: { name: 'lamps' }, clock, newId });
    const killed = server.pid();
    process.kill(killed ?? 0, 'SIGKILL');
    const refusals: unknown[] = [];
    await until(async () => {
      const answered = await database.query(sql`select 1 as one`).then(
        () => true,
        (error: unknown) => refusals.push(error) === 0,
      );
      return answered && server.isUp() && server.pid() !== killed;
    });
    for (const refusal of refusals) expect(refusal).toMatchObject({ kind: 'unavailable' });
    expect(refusals.length).toBeGreaterThan(0);
    await database.close();
  });

  it('is refused to a second hub, which names the first; when that one has gone, the folder is free', async () => {
    const first = await startHub();
    expect((await startHub()).said.refused).toMatch(new RegExp(`Another hub \\(process ${first.process.pid}\\) works in ${dataDir}`));
    first.process.kill('SIGTERM');
    await once(first.process, 'exit');
    expect(isAlive(first.said.server ?? 0)).toBe(false);
    expect((await startHub()).said.refused).toBeUndefined();
  });

  it('leaves no server behind when its hub is killed', async () => {
    const hub = await startHub();
    await write(hub.said.connection, 'acknowledged');
    hub.process.kill('SIGKILL');
    await until(async () => !isAlive(hub.said.server ?? 0));
    const next = await start();
    expect(await readAll(next.connection)).toEqual(['acknowledged']);
  });

  it('stops a server that an earlier hub could not take with it, and starts its own', async () => {
    const left = await leaveOrphan();
    const next = await start();
    expect(isAlive(left)).toBe(false);
    expect(next.pid()).not.toBe(left);
    expect(await ask(next.connection, 'select 1 as answer')).toEqual([{ answer: 1 }]);
  });

  it('starts though a pid file names a process that is not its own, and leaves that process alone', async () => {
    await start().then((server) => server.stop());
    await writeFile(join(dataDir, 'pgdata', 'postmaster.pid'), `${process.pid}\n${join(dataDir, 'pgdata')}\n`);
    const server = await start();
    expect(server.isUp()).toBe(true);
  });

  it('begins anew when an earlier first start was cut short', async () => {
    await mkdir(join(dataDir, 'pgdata.new', 'base'), { recursive: true });
    await writeFile(join(dataDir, 'pgdata.new', 'PG_VERSION'), '18\n');
    const server = await start();
    expect(await ask(server.connection, 'select 1 as answer')).toEqual([{ answer: 1 }]);
  });

  it('says why when its files are damaged, and frees the folder', async () => {
    await start().then((server) => server.stop());
    await rm(join(dataDir, 'pgdata', 'global', 'pg_control'));
    await expect(start()).rejects.toThrow(/pg_control/);
    await expect(readFile(join(dataDir, 'hub.lock'))).rejects.toThrow(/ENOENT/);
  });

  it('finds room for its socket when the path of the data folder is long', async () => {
    const deep = join(dataDir, 'a-folder-with-quite-a-long-name', 'and-another-one-within-it-that-is-longer-still');
    const server = await start(deep);
    expect(await ask(server.connection, 'select 1 as answer')).toEqual([{ answer: 1 }]);
  });
});

async function start(folder = dataDir): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir: folder, log });
  servers.push(server);
  return server;
}

interface Said {
  server?: number;
  refused?: string;
  connection?: Connection;
}

async function startHub(): Promise<{ process: ChildProcess; said: Said }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./fixtures/hold-server.mjs', import.meta.url)), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  return { process: child, said: JSON.parse(text.toString()) as Said };
}

/** Kills a hub together with the guard that would stop its server: what a killed container or a crashed machine's leftovers look like. */
async function leaveOrphan(): Promise<number> {
  const hub = await startHub();
  for (const guard of await childrenOf(hub.process.pid ?? 0)) if (guard !== hub.said.server) process.kill(guard, 'SIGKILL');
  hub.process.kill('SIGKILL');
  await once(hub.process, 'exit');
  const left = hub.said.server ?? 0;
  expect(isAlive(left)).toBe(true);
  return left;
}

async function childrenOf(pid: number): Promise<number[]> {
  const child = spawn('ps', ['-A', '-o', 'pid=,ppid='], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([own, parent]) => (parent === pid && own !== undefined ? [own] : []));
}

async function ask(connection: Connection | undefined, text: string): Promise<unknown[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function write(connection: Connection | undefined, text: string): Promise<void> {
  await ask(connection, `create table note as select '${text}' as text`);
}

async function readAll(connection: Connection): Promise<unknown[]> {
  return (await ask(connection, 'select text from note')).map((row) => (row as { text: string }).text);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 10) {
    if (await isSo()) return;
    await sleep(10);
  }
  throw new Error('It did not come to that within 10 s.');
}
