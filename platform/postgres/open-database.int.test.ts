import pg from 'pg';
import { newUuid, systemClock } from '../clock/clock.ts';
import { isAppError } from '../errors/app-error.ts';
import { toClientConfig } from './connection.ts';
import { openDatabase, openLogReader } from './open-database.ts';
import { violatedConstraint } from './server-error.ts';
import { exactly, sql } from './sql.ts';
import { openTestDatabase, openTestDatabases, type TestDatabase } from './test-database.ts';

const migrations = new URL('./fixtures/lamps/', import.meta.url);

describe('a service database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase({ name: 'lamps', migrations });
    await database.commit({ statements: [sql`insert into lamp (id, colour) values (1, 'red'), (2, 'green')`] });
  });
  afterAll(() => database.close());

  it('writes rows and events of one decision together or not at all', async () => {
    const lit = (key: string) => ({ type: 'LampLit', key, data: { colour: 'white' } });
    await database.commit({
      statements: [sql`insert into lamp (id, colour) values (11, 'white')`, sql`insert into lamp (id, colour) values (12, 'white')`],
      events: [lit('11'), lit('12')],
    });
    const attempt = database.commit({
      statements: [sql`insert into lamp (id, colour) values (13, 'white')`, sql`insert into lamp (id, colour) values (11, 'white')`],
      events: [lit('13')],
    });
    await expect(attempt).rejects.toMatchObject({ kind: 'conflict' });
    expect(await database.query(sql`select id from lamp where id between 11 and 13 order by id`)).toEqual([{ id: 11 }, { id: 12 }]);
    expect(await database.query(sql`select type, key, data from outbox order by id`)).toEqual([lit('11'), lit('12')]);
  });

  it('is a conflict when a change does not hit as many rows as it had to, and says which constraint a double ran into', async () => {
    const lost = database.commit({
      statements: [sql`insert into lamp (id, colour) values (9, 'x')`, exactly(1, sql`update lamp set colour = 'x' where id = 99 returning 1`)],
    });
    await expect(lost).rejects.toMatchObject({ kind: 'conflict' });
    expect(await database.query(sql`select 1 from lamp where id = 9`)).toEqual([]);
    const double = await database.commit({ statements: [sql`insert into lamp (id, colour) values (1, 'red')`] }).catch((error: unknown) => error);
    expect(isAppError(double, 'conflict')).toBe(true);
    expect(violatedConstraint(double)).toBe('lamp_pkey');
  });

  it('keeps its connection when a race is lost, and takes another when the connection is', async () => {
    const pid = async () => (await database.query<{ pid: number }>(sql`select pg_backend_pid() as pid`))[0]?.pid;
    const before = await pid();
    await expect(database.commit({ statements: [sql`insert into lamp (id, colour) values (1, 'red')`] })).rejects.toMatchObject({ kind: 'conflict' });
    expect(await pid()).toBe(before);
    await expect(database.query(sql`select pg_terminate_backend(pg_backend_pid())`)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await pid()).not.toBe(before);
  });

  it('gives one event and many the same: an id each, the trace that caused them, and the time at which it was decided', async () => {
    const traced = await openDatabase({
      admin: database.admin,
      service: { name: 'lamps', migrations },
      clock: { now: () => Date.parse('2026-03-01T10:00:00Z') },
      newId: newUuid,
      traceparent: () => '00-trace',
    });
    const lit = (key: string) => ({ type: 'LampLit', key, data: { note: 'Ё "quoted" \\ {1,2}' } });
    await traced.commit({ events: [lit('now')] });
    await traced.commit({ events: [lit('then 1'), lit('then 2')], at: Date.parse('2020-01-01T00:00:00.123Z') });
    await traced.commit({ events: [lit('then 3')], at: Date.parse('2020-01-01T00:00:00.123Z') });
    await traced.close();
    const rows = await database.query<{ event_id: string }>(
      sql`select event_id, key, time, data, traceparent from outbox where traceparent is not null order by id`,
    );
    const then = new Date('2020-01-01T00:00:00.123Z');
    const same = { data: lit('').data, traceparent: '00-trace', event_id: expect.any(String) as string };
    expect(rows).toEqual([
      { ...same, key: 'now', time: new Date('2026-03-01T10:00:00Z') },
      { ...same, key: 'then 1', time: then },
      { ...same, key: 'then 2', time: then },
      { ...same, key: 'then 3', time: then },
    ]);
    expect(new Set(rows.map((row) => row.event_id)).size).toBe(4);
  });

  it('numbers the events of two writers of one row in the order in which they commit', async () => {
    const first = await database.openClient();
    await first.query('begin');
    await first.query(`update lamp set colour = 'first' where id = 1`);
    const second = database.commit({
      statements: [sql`update lamp set colour = 'second' where id = 1`],
      events: [{ type: 'LampLit', key: 'second', data: {} }],
    });
    await untilWaitingForLock(database);
    await first.query(`insert into outbox (event_id, type, key, time, data) values (gen_random_uuid(), 'LampLit', 'first', now(), '{}')`);
    await first.query('commit');
    await first.end();
    await second;
    expect(await database.query(sql`select key from outbox where key in ('first', 'second') order by id`)).toEqual([
      { key: 'first' },
      { key: 'second' },
    ]);
  });

  it('goes on after a newer program changed a table under its prepared statements', async () => {
    const read = () => database.query(sql`select * from lamp where id = 2`);
    await read();
    await database.query(sql`alter table lamp add column watts int`);
    expect(await read()).toEqual([{ id: 2, colour: 'green', watts: null }]);
  });

  it('wakes whoever waits for events, and only after a commit that has some', async () => {
    let woken = 0;
    const stop = database.onCommit(() => woken++);
    await database.commit({ statements: [sql`update lamp set colour = 'white' where id = 1`] });
    expect(woken).toBe(0);
    await database.commit({ events: [{ type: 'LampLit', key: '1', data: {} }] });
    expect(woken).toBe(1);
    stop();
  });

  it('is unavailable, and not broken, while the server ends its connections', async () => {
    const slow = database.query(sql`select pg_sleep(10)`);
    const client = new pg.Client(toClientConfig(database.admin, 'public'));
    await client.connect();
    for (let ended = 0; ended === 0; ) {
      const { rowCount } = await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(10)%' and pid <> pg_backend_pid()`,
      );
      ended = rowCount ?? 0;
    }
    await client.end();
    await expect(slow).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 2 });
    expect(await database.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  });

  it('refuses a schema that is newer than the program, and a migration that was changed after it had been applied', async () => {
    await database.query(sql`update migration set checksum = 'other' where owner = 'lamps'`);
    await expect(reopen()).rejects.toThrow(/0001_lamps.sql of "lamps" was changed/);
    await database.query(sql`update migration set number = 7, name = '0007_future.sql' where owner = 'lamps'`);
    await expect(reopen()).rejects.toThrow(/newer than this program: it has migration 7/);

    function reopen() {
      return openDatabase({ admin: database.admin, service: { name: 'lamps', migrations }, clock: systemClock, newId: newUuid });
    }
  });
});

describe('two services in one database', () => {
  it('cannot touch each other: the role of one may not read the tables of the other', async () => {
    const [lamps, doors] = await openTestDatabases([{ name: 'lamps', migrations }, { name: 'doors' }]);
    await expect(doors?.query(sql`select * from lamps.lamp`)).rejects.toThrow(/permission denied/);
    await expect(doors?.query(sql`create table public.mine (id int)`)).rejects.toThrow(/permission denied/);
    await expect(doors?.query(sql`create schema mine`)).rejects.toThrow(/permission denied/);
    await expect(doors?.query(sql`create role mine`)).rejects.toThrow(/permission denied/);
    await doors?.close();
    await lamps?.close();
  });

  it('show their log, and nothing of what they know, to the reader of logs', async () => {
    const [lamps, doors] = await openTestDatabases([{ name: 'lamps', migrations }, { name: 'doors' }]);
    if (!lamps || !doors) throw new Error('There are no databases.');
    await lamps.query(sql`insert into bus_log (event_id, type, key, time, data) values (gen_random_uuid(), 'LampLit', '1', now(), '{}')`);
    const reader = openLogReader(lamps.admin);
    expect((await reader.query('select key from lamps.bus_log union all select key from doors.bus_log')).rows).toEqual([{ key: '1' }]);
    for (const table of ['lamps.lamp', 'lamps.outbox', 'lamps.idempotency'])
      await expect(reader.query(`select * from ${table}`)).rejects.toThrow(/permission denied/);
    await expect(reader.query('delete from lamps.bus_log')).rejects.toThrow(/permission denied/);
    await reader.end();
    await doors.close();
    await lamps.close();
  });
});

async function untilWaitingForLock(database: TestDatabase): Promise<void> {
  const watcher = new pg.Client(toClientConfig(database.admin, 'public'));
  await watcher.connect();
  for (let waiting = 0; waiting === 0; ) {
    const { rowCount } = await watcher.query(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    waiting = rowCount ?? 0;
  }
  await watcher.end();
}
