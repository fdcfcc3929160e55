import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Clock } from '../clock/clock.ts';
import { systemClock } from '../clock/clock.ts';
import { AppError } from '../errors/app-error.ts';
import type { Changes } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../postgres/test-database.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { startTimers, type TimerOptions } from './start-timers.ts';
import { dropTimers, setTimers, type Timer } from './timers.ts';

const metrics = createMetrics();

describe('timers', () => {
  let database: TestDatabase;
  const running: { stop(): Promise<void> }[] = [];
  beforeAll(async () => {
    database = await openTestDatabase({ name: 'bells', migrations: new URL('./fixtures/bells/', import.meta.url) });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
    await database.query(sql`truncate timer, rung`);
  });
  afterAll(() => database.close());

  /** Writes one row for each timer, so that a second effect would show. */
  const ring = async (due: readonly Timer[], now: number): Promise<Changes> => ({
    statements: [
      sql`insert into rung (key, late) select key, ${now}::float8 - due from unnest(${due.map(({ key }) => key)}::text[], ${due.map((timer) => timer.due)}::float8[]) as d(key, due)`,
    ],
  });
  function start(options: Partial<TimerOptions> & { handle?: (due: readonly Timer[], now: number) => Promise<Changes> } = {}): void {
    const { handle = ring, clock = systemClock, ...others } = options;
    running.push(
      startTimers({ database, timers: { handle }, caughtUpAt: () => clock.now(), clock, log: pino({ level: 'silent' }), metrics, ...others }),
    );
  }
  const rung = () => database.query<{ key: string; late: number }>(sql`select key, late from rung order by place`);
  async function untilRung(count: number, within = 15_000): Promise<{ key: string; late: number }[]> {
    for (const end = Date.now() + within; ; await sleep(10)) {
      const rows = await rung();
      if (rows.length >= count) return rows;
      if (Date.now() > end) throw new Error(`${rows.length} of ${count} have rung`);
    }
  }
  const set = (...timers: Timer[]) => database.commit({ statements: [setTimers(timers)] });

  it('rings a timer at its moment and not before, once, and forgets it', async () => {
    start();
    const due = Date.now() + 400;
    await set({ key: 'a', due });
    expect(await rung()).toEqual([]);
    const [bell] = await untilRung(1);
    expect(bell?.late).toBeGreaterThanOrEqual(0);
    expect(bell?.late).toBeLessThan(1_000);
    await sleep(300);
    expect(await rung()).toHaveLength(1);
    expect(await database.query(sql`select 1 from timer`)).toEqual([]);
  });

  it('rings what became due while nobody was there', async () => {
    await set({ key: 'a', due: Date.now() - 3_600_000 }, { key: 'b', due: Date.now() - 1 });
    start();
    expect((await untilRung(2)).map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('rings a timer that was moved only at its new moment, and never one that was dropped', async () => {
    await set({ key: 'moved', due: Date.now() + 200 }, { key: 'dropped', due: Date.now() + 200 }, { key: 'last', due: Date.now() + 900 });
    await set({ key: 'moved', due: Date.now() + 600 });
    await database.commit({ statements: [dropTimers(['dropped'])] });
    start();
    const bells = await untilRung(2);
    expect(bells.map(({ key }) => key)).toEqual(['moved', 'last']);
    expect(bells[0]?.late).toBeGreaterThanOrEqual(0);
  });

  it('has no effect for a timer that is moved while it is handled, until its new moment', async () => {
    let handled = 0;
    await set({ key: 'a', due: Date.now() - 10 });
    start({
      async handle(due, now) {
        if (handled++ === 0) await set({ key: 'a', due: Date.now() + 500 });
        return ring(due, now);
      },
    });
    const [bell] = await untilRung(1);
    expect(handled).toBe(2);
    expect(bell?.late).toBeLessThan(490);
  });

  it('has one effect for each when two processes ring the same bells', async () => {
    start();
    start();
    const due = Date.now() + 100;
    await set(...Array.from({ length: 3_000 }, (_, index) => ({ key: `k${index}`, due: due + (index % 300) })));
    await untilRung(3_000);
    const [row] = await database.query<{ keys: number; rows: number }>(sql`select count(distinct key)::int as keys, count(*)::int as rows from rung`);
    expect(row).toEqual({ keys: 3_000, rows: 3_000 });
  });

  it('waits until everything that was announced before the moment has been heard', async () => {
    let caughtUpAt = Date.now() - 1_000;
    await set({ key: 'a', due: Date.now() - 500 });
    start({ caughtUpAt: () => caughtUpAt });
    await sleep(500);
    expect(await rung()).toEqual([]);
    caughtUpAt = Date.now();
    await untilRung(1);
  });

  it('rings the others when one fails, and that one too when it can be handled again', async () => {
    let fails = true;
    start({
      async handle(due, now) {
        if (fails && due.some(({ key }) => key === 'bad')) throw new Error('this one is broken');
        return ring(due, now);
      },
    });
    const due = Date.now() + 100;
    await set({ key: 'bad', due: due - 1 }, ...Array.from({ length: 20 }, (_, index) => ({ key: `good${index}`, due })));
    await untilRung(20);
    await set({ key: 'later', due: Date.now() + 50 });
    const bells = await untilRung(21);
    expect(bells.at(-1)?.late).toBeLessThan(1_000);
    fails = false;
    expect((await untilRung(22)).at(-1)?.key).toBe('bad');
  });

  it('waits for what is unavailable', async () => {
    let refusals = 0;
    await set({ key: 'a', due: Date.now() });
    start({
      async handle(due, now) {
        if (refusals++ < 3) throw new AppError('unavailable', 'not now');
        return ring(due, now);
      },
    });
    await untilRung(1);
    expect(refusals).toBe(4);
  });

  it('takes a jump of the clock as it comes: forward rings what is due by it, back rings nothing twice', async () => {
    let ahead = 0;
    const clock: Clock = { now: () => Date.now() + ahead };
    const hour = 3_600_000;
    await set({ key: 'in an hour', due: Date.now() + hour }, { key: 'in two hours', due: Date.now() + 2 * hour });
    start({ clock });
    await sleep(300);
    expect(await rung()).toEqual([]);
    ahead = hour + 1_000;
    await untilRung(1);
    ahead = -hour;
    await sleep(300);
    ahead = 0;
    await sleep(300);
    expect((await rung()).map(({ key }) => key)).toEqual(['in an hour']);
  });

  it('is less than a second late for each of 1 000 that are due in one second, while 200 000 others wait', async () => {
    await database.query(
      sql`insert into timer (key, due_at) select 'waiting' || n, now() + interval '1 day' * (1 + n % 30) from generate_series(1, 200000) as n`,
    );
    await database.query(sql`analyze timer`);
    start();
    const due = Date.now() + 1_000;
    await set(...Array.from({ length: 1_000 }, (_, index) => ({ key: `k${index}`, due: due + index })));
    const bells = await untilRung(1_000);
    expect(Math.max(...bells.map(({ late }) => late))).toBeLessThan(1_000);
  });
});
