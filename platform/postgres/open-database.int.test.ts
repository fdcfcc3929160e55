import pg from 'pg';
import { isAppError } from '../errors/app-error.ts';
import { toClientConfig } from './connection.ts';
import { violatedConstraint } from './server-error.ts';
import { exactly, sql } from './sql.ts';
import { openTestDatabase, openTestDatabases, type TestDatabase } from './test-database.ts';

const migrations = new URL('./fixtures/lamps/', import.meta.url);

describe('a service database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase({ name: 'lamps', migrations });
  });
  afterAll(() => database.close());

  it('writes rows and events of one decision together or not at all', async () => {
    await database.commit({
      statements: [sql`insert into lamp (id, colour) values (1, 'red')`, sql`insert into lamp (id, colour) values (2, 'green')`],
      events: [
        { type: 'LampLit', key: '1', data: { colour: 'red' } },
        { type: 'LampLit', key: '2', data: { colour: 'green' } },
      ],
    });
    const attempt = database.commit({
      statements: [sql`insert into lamp (id, colour) values (3, 'blue')`, sql`insert into lamp (id, colour) values (1, 'red')`],
      events: [{ type: 'LampLit', key: '3', data: {} }],
    });
    await expect(attempt).rejects.toMatchObject({ kind: 'conflict' });
    expect(await database.query(sql`select id from lamp order by id`)).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await database.query(sql`select type, key, data from outbox order by id`)).toEqual([
      { type: 'LampLit', key: '1', data: { colour: 'red' } },
      { type: 'LampLit', key: '2', data: { colour: 'green' } },
    ]);
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

    async function reopen() {
      const { openDatabase } = await import('./open-database.ts');
      const { newUuid, systemClock } = await import('../clock/clock.ts');
      return openDatabase({ admin: database.admin, service: { name: 'lamps', migrations }, clock: systemClock, newId: newUuid });
    }
  });
});

describe('two services in one database', () => {
  it('cannot touch each other: the role of one may not read the tables of the other', async () => {
    const [lamps, doors] = await openTestDatabases([{ name: 'lamps', migrations }, { name: 'doors' }]);
    await expect(doors?.query(sql`select * from lamps.lamp`)).rejects.toThrow(/permission denied/);
    await expect(doors?.query(sql`create table public.mine (id int)`)).rejects.toThrow(/permission denied/);
    await doors?.close();
    await lamps?.close();
  });
});
