import { isAppError } from '../errors/app-error.ts';
import { startTracing } from '../telemetry/tracing.ts';
import { outsideTransactions } from './run-transactions.ts';
import { exactly, sql } from './sql.ts';
import { openTestDatabase, type TestDatabase } from './test-database.ts';

const migrations = new URL('./fixtures/lamps/', import.meta.url);

describe('a transaction of many commits', () => {
  let database: TestDatabase;
  const soon = () => Date.now() + 10_000;
  const paint = (id: number, colour: string) => database.commit({ statements: [sql`update lamp set colour = ${colour} where id = ${id}`] });
  const insert = (id: number) => database.commit({ statements: [sql`insert into lamp (id, colour) values (${id}, 'new')`], events: [lit(id)] });
  const lit = (id: number) => ({ type: 'LampLit', key: String(id), data: {} });
  const colourOf = async (id: number) => (await database.query<{ colour: string }>(sql`select colour from lamp where id = ${id}`))[0]?.colour;
  const announced = async () => (await database.query<{ key: string }>(sql`select key from outbox order by id`)).map(({ key }) => key);

  beforeAll(async () => {
    await startTracing({ serviceName: 'test', exported: false }); // it carries transactions
    database = await openTestDatabase({ name: 'lamps', migrations });
  });
  afterAll(() => database.close());
  beforeEach(() =>
    database.query(sql`with gone as (delete from outbox), dark as (delete from lamp where id > 2)
      insert into lamp (id, colour) values (1, 'red'), (2, 'green') on conflict (id) do update set colour = excluded.colour`),
  );

  it('shows its own writes to what is inside of it, and to others only at its end', async () => {
    const seen = await database.transaction(async () => {
      await insert(3);
      await paint(1, 'blue');
      return { inside: await colourOf(1), outside: await outsideTransactions(() => colourOf(1)), is: database.isInTransaction() };
    }, soon());
    expect(seen).toEqual({ inside: 'blue', outside: 'red', is: true });
    expect([await colourOf(1), await colourOf(3), database.isInTransaction()]).toEqual(['blue', 'new', false]);
  });

  it('takes everything back when its work fails, and gives the connection back as good as it was', async () => {
    const pid = async () => (await database.query<{ pid: number }>(sql`select pg_backend_pid() as pid`))[0]?.pid;
    const before = await pid();
    const attempt = database.transaction(async () => {
      await insert(3);
      await paint(1, 'blue');
      throw new Error('no, rather not');
    }, soon());
    await expect(attempt).rejects.toThrow('no, rather not');
    expect([await colourOf(1), await colourOf(3), await announced()]).toEqual(['red', undefined, []]);
    expect(await pid()).toBe(before);
  });

  it('loses only the commit that fails, so that whoever made it can read again and decide anew', async () => {
    await database.transaction(async () => {
      await insert(3);
      const double = await insert(3).catch((error: unknown) => error);
      expect(isAppError(double, 'conflict')).toBe(true);
      const lost = database.commit({ statements: [exactly(1, sql`update lamp set colour = 'x' where id = 99 returning 1`)] });
      await expect(lost).rejects.toMatchObject({ kind: 'conflict' });
      expect(await colourOf(3)).toBe('new');
      await insert(4);
    }, soon());
    expect(await announced()).toEqual(['3', '4']);
  });

  it('takes what is asked for at once one by one, over its one connection', async () => {
    await database.transaction(async () => {
      const pids = await Promise.all(Array.from({ length: 4 }, () => database.query<{ pid: number }>(sql`select pg_backend_pid() as pid`)));
      expect(new Set(pids.map(([row]) => row?.pid)).size).toBe(1);
      await Promise.all([insert(3), insert(4), insert(5)]);
    }, soon());
    expect(await announced()).toEqual(['3', '4', '5']);
  });

  it('wakes whoever waits for events once it is committed, and not before or when it is taken back', async () => {
    let woken = 0;
    const stop = database.onCommit(() => woken++);
    await database.transaction(async () => {
      await insert(3);
      await insert(4);
      expect(woken).toBe(0);
    }, soon());
    expect(woken).toBe(1);
    await database.transaction(() => paint(1, 'blue'), soon());
    await expect(database.transaction(() => insert(5).then(() => Promise.reject(new Error('no'))), soon())).rejects.toThrow('no');
    expect(woken).toBe(1);
    stop();
  });

  it('is done again when two wait for each other, and neither is told', async () => {
    let met = 0;
    const bothHoldOne = makeGate();
    const swap = (first: number, second: number, colour: string) =>
      database.transaction(async () => {
        await paint(first, colour);
        if (++met === 2) bothHoldOne.open();
        await bothHoldOne.passed;
        await paint(second, colour);
        await insert(first + 10);
      }, soon());
    await Promise.all([swap(1, 2, 'blue'), swap(2, 1, 'white')]);
    expect(await colourOf(1)).toBe(await colourOf(2));
    expect((await announced()).sort()).toEqual(['11', '12']);
    expect(met).toBe(3);
  });

  it('says that it is not available when there is no time left to do it again', async () => {
    let met = 0;
    const bothHoldOne = makeGate();
    const swap = (first: number, second: number, until: number) =>
      database.transaction(async () => {
        await paint(first, 'blue');
        if (++met === 2) bothHoldOne.open();
        await bothHoldOne.passed;
        await paint(second, 'blue');
      }, until);
    const outcomes = await Promise.allSettled([swap(1, 2, 0), swap(2, 1, 0)]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { kind: 'unavailable' } });
  });

  it('is never half of it: what its work did not notice is noticed at its end', async () => {
    const attempt = database.transaction(async () => {
      await insert(3);
      await database.query(sql`select 1 / 0`).catch(() => undefined);
      await insert(4).catch(() => undefined);
    }, soon());
    await expect(attempt).rejects.toThrow('division by zero');
    expect(await announced()).toEqual([]);
  });

  it('is not available when its connection is lost, and leaves nothing behind', async () => {
    const attempt = database.transaction(async () => {
      await insert(3);
      await database.query(sql`select pg_terminate_backend(pg_backend_pid())`);
    }, soon());
    await expect(attempt).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await announced()).toEqual([]);
  });

  it('is done again when a newer program changed a table under its prepared statements', async () => {
    const read = () => database.query(sql`select * from lamp where id = 2`);
    await database.transaction(read, soon());
    await database.query(sql`alter table lamp add column volts int`);
    expect(await database.transaction(read, soon())).toEqual([expect.objectContaining({ id: 2, volts: null })]);
  });

  it('does not let in what comes after its end', async () => {
    const over = makeGate();
    let stray: Promise<unknown> | undefined;
    await database.transaction(async () => {
      await insert(3);
      stray = over.passed.then(() => insert(4));
      stray.catch(() => undefined);
    }, soon());
    over.open();
    await expect(stray).rejects.toThrow('after the end');
    expect(await announced()).toEqual(['3']);
  });

  it('leaves connections for others, however many are open', async () => {
    const end = makeGate();
    const all = Array.from({ length: 20 }, () => database.transaction(() => end.passed, soon()));
    expect(await colourOf(1)).toBe('red');
    expect(database.oldestTransaction()).toBeLessThanOrEqual(Date.now());
    end.open();
    await Promise.all(all);
    expect(database.oldestTransaction()).toBeUndefined();
  });

  it('does not stand inside of another', async () => {
    await expect(database.transaction(() => database.transaction(() => insert(3), soon()), soon())).rejects.toThrow('inside of another');
  });
});

function makeGate(): { passed: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
