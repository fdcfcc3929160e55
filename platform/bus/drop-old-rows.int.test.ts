import { openLogReader } from '../postgres/open-database.ts';
import { sql } from '../postgres/sql.ts';
import { openTestDatabases, type TestDatabase } from '../postgres/test-database.ts';
import { dropOldRows } from './drop-old-rows.ts';
import { readHeardPosition } from './read-heard-position.ts';

describe('dropping what is no longer needed', () => {
  let lamps: TestDatabase;
  let doors: TestDatabase;
  beforeAll(async () => {
    const [first, second] = await openTestDatabases([{ name: 'lamps' }, { name: 'doors' }]);
    if (!first || !second) throw new Error('There are no databases.');
    [lamps, doors] = [first, second];
  });
  afterAll(async () => {
    await doors.close();
    await lamps.close();
  });

  /** `count` events, each appended a minute after the one before; the last one `daysAgo` days ago. */
  const append = (count: number, daysAgo: number) =>
    lamps.query(sql`insert into bus_log (event_id, type, key, time, data, appended_at)
      select gen_random_uuid(), 't', 'k', now(), '{}', now() - ${`${daysAgo} days`}::interval - interval '1 minute' * (${count}::int - n) from generate_series(1, ${count}::int) as n`);
  const kept = async () => (await lamps.query<{ pos: number }>(sql`select pos::float8 as pos from bus_log order by pos`)).map(({ pos }) => pos);

  it('drops only what is old and has been heard by every subscription of every service', async () => {
    await append(2_500, 8);
    await append(2, 1);
    await doors.query(
      sql`insert into subscription_position (subscription, source, pos) values ('quick', 'lamps', 2502), ('slow', 'lamps', 2400), ('other', 'clocks', 1)`,
    );
    await lamps.query(sql`insert into subscription_position (subscription, source, pos) values ('own', 'lamps', 2500)`);
    const reader = openLogReader(lamps.admin);
    expect(await readHeardPosition(reader, 'lamps')).toBe(2_400);
    expect(await readHeardPosition(reader, 'nobody')).toBeUndefined();
    await reader.end();

    expect(await dropOldRows(lamps, 2_400)).toMatchObject({ bus_log: 2_400 });
    expect((await kept())[0]).toBe(2_401);
    expect(await dropOldRows(lamps, 2_502)).toMatchObject({ bus_log: 100 });
    expect(await kept()).toEqual([2_501, 2_502]);
  });

  it('leaves the log alone when nobody has said how far it was heard', async () => {
    await append(1, 30);
    const before = await kept();
    await dropOldRows(lamps, undefined);
    expect(await kept()).toEqual(before);
  });

  it('drops answers after a week and inbox rows after a month', async () => {
    await doors.query(sql`insert into idempotency (principal, method, key, request_hash, answer, created_at)
      select 'p', 'm', n::text, '', '', now() - interval '1 day' * n from generate_series(1, 10) as n`);
    await doors.query(
      sql`insert into inbox (subscription, event_id, handled_at) select 's', gen_random_uuid(), now() - interval '10 days' * n from generate_series(1, 5) as n`,
    );
    expect(await dropOldRows(doors, undefined)).toEqual({ idempotency: 4, inbox: 3 });
    expect(await dropOldRows(doors, undefined)).toEqual({ idempotency: 0, inbox: 0 });
  });
});
