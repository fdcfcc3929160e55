import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { pino } from 'pino';
import { systemClock } from '../clock/clock.ts';
import { toClientConfig } from '../postgres/connection.ts';
import { exactly, sql } from '../postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../postgres/test-database.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { startTracing } from '../telemetry/tracing.ts';
import type { LogHead } from './event-log.ts';
import { startSequencer } from './sequencer.ts';

const type = 'opora.lamps.v1.LampLit';
const keys = ['a', 'b', 'c'];
const metrics = createMetrics();

describe('the sequencer', () => {
  let database: TestDatabase;
  let admin: pg.Client;
  beforeAll(async () => {
    database = await openTestDatabase({ name: 'lamps', migrations: new URL('./fixtures/aggregates/', import.meta.url) });
    // Looks on from beside: it is not killed with the service's connections.
    await startTracing({ serviceName: 'test', exported: false }); // it carries transactions
    admin = new pg.Client(toClientConfig(database.admin, 'lamps'));
    await admin.connect();
  });
  beforeEach(async () => {
    await database.query(sql`truncate outbox, bus_log, aggregate, ledger`);
    await database.query(sql`insert into aggregate (key, version) select key, 0 from unnest(${keys}::text[]) as k(key)`);
  });
  afterAll(async () => {
    await admin.end();
    await database.close();
  });

  const start = (onPass: (head: LogHead) => void = () => undefined) =>
    startSequencer({ database, onPass, clock: systemClock, log: pino({ level: 'silent' }), metrics });
  const look = async <Row extends object>(text: string): Promise<Row[]> => (await admin.query<Row>(text)).rows;
  const readLog = () => look<{ key: string; data: { token: string } }>('select key, data from bus_log order by pos');
  async function untilMoved(): Promise<void> {
    for (const end = Date.now() + 15_000; Date.now() < end; await sleep(10)) {
      const [row] = await look<{ left: number }>('select count(*)::int as left from outbox');
      if (row?.left === 0) return;
    }
    throw new Error('the outbox did not become empty');
  }

  /** Reads the version and writes the next one, as most use cases do; whoever is too late does nothing. */
  async function writeVersioned(key: string, token: string): Promise<void> {
    const [row] = await database.query<{ version: number }>(sql`select version from aggregate where key = ${key}`);
    const version = row?.version ?? 0;
    await database.commit({
      statements: [
        exactly(
          1,
          sql`update aggregate set version = ${version + 1}, seen = seen || ${token}::text where key = ${key} and version = ${version} returning 1`,
        ),
        sql`insert into ledger (token) values (${token})`,
      ],
      events: [{ type, key, data: { token } }],
    });
  }

  /** Changes the row whatever its version is, as an upsert does: writers queue for the row in the middle of their statement. */
  async function writeQueueing(key: string, token: string): Promise<void> {
    await database.commit({
      statements: [
        sql`update aggregate set version = version + 1, seen = seen || ${token}::text where key = ${key}`,
        sql`insert into ledger (token) values (${token})`,
      ],
      events: [{ type, key, data: { token } }],
    });
  }

  /** Takes its outbox id and stays open for a while, so that higher ids are committed first; then commits or rolls back. */
  async function writeSlowly(token: string, milliseconds: number, aborts: boolean): Promise<void> {
    const client = await database.openClient();
    client.on('error', () => undefined);
    try {
      await client.query('begin');
      await client.query('insert into ledger (token) values ($1)', [token]);
      await client.query(`insert into outbox (event_id, type, key, time, data) values (gen_random_uuid(), $1, $2, now(), $3)`, [
        type,
        token,
        { token },
      ]);
      await sleep(milliseconds);
      await client.query(aborts ? 'rollback' : 'commit');
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  const killBackends = (matching: string) =>
    admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename = 'opora_lamps' and query like $2`, [
      database.admin.database,
      matching,
    ]);

  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('versioned' as const), key: fc.constantFrom(...keys) }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('queueing' as const), key: fc.constantFrom(...keys) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('slow' as const), milliseconds: fc.integer({ min: 0, max: 60 }), aborts: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill the sequencer' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill a writer' as const) }) },
  );
  type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

  async function take(one: Step, token: string): Promise<void> {
    switch (one.kind) {
      case 'versioned':
        return writeVersioned(one.key, token);
      case 'queueing':
        return writeQueueing(one.key, token);
      case 'slow':
        return writeSlowly(token, one.milliseconds, one.aborts);
      case 'kill the sequencer':
        await killBackends('%move%outbox%');
        return;
      case 'kill a writer':
        await killBackends('%insert into ledger%');
        return;
    }
  }

  it('misses nothing, doubles nothing and keeps the order of each key, whoever commits, aborts or is killed in whatever order', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 5, maxLength: 25 }), { minLength: 2, maxLength: 6 }), async (writers) => {
        run++;
        await look(`truncate outbox, bus_log, ledger; update aggregate set version = 0, seen = '{}'`);
        const sequencers = [start(), start()];
        try {
          // A writer who loses a race or its connection goes on with its next step, as a caller would with its next call.
          await Promise.all(
            writers.map(async (steps, writer) => {
              for (const [index, one] of steps.entries()) await take(one, `${run}-${writer}-${index}`).catch(() => undefined);
            }),
          );
          await untilMoved();
        } finally {
          await Promise.all(sequencers.map((sequencer) => sequencer.stop()));
        }
        const log = await readLog();
        const ledger = await look<{ token: string }>('select token from ledger');
        expect(log.map(({ data }) => data.token).sort()).toEqual(ledger.map(({ token }) => token).sort());
        const aggregates = await look<{ key: string; seen: string[] }>('select key, seen from aggregate');
        for (const { key, seen } of aggregates) expect(log.filter((event) => event.key === key).map(({ data }) => data.token)).toEqual(seen);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  }, 120_000);

  it('moves an event that is committed after one with a higher id', async () => {
    const sequencer = start();
    const slow = writeSlowly('slow', 300, false);
    await sleep(50);
    await writeQueueing('a', 'quick');
    await untilMoved();
    expect((await readLog()).map(({ data }) => data.token)).toEqual(['quick']);
    await slow;
    await untilMoved();
    await sequencer.stop();
    expect((await readLog()).map(({ data }) => data.token)).toEqual(['quick', 'slow']);
  });

  it('is one at a time: another one takes over when the first is gone', async () => {
    const first = start();
    await writeQueueing('a', '1');
    await untilMoved();
    const second = start();
    const [lock] = await database.query<{
      held: number;
    }>(sql`select count(*)::int as held from pg_locks where locktype = 'advisory' and objsubid = 2 and granted
      and database = (select oid from pg_database where datname = current_database())`);
    expect(lock?.held).toBe(1);
    await first.stop();
    await writeQueueing('a', '2');
    await untilMoved();
    await second.stop();
    expect((await readLog()).map(({ data }) => data.token)).toEqual(['1', '2']);
  });

  it('says how far the log goes, and up to when nothing is missing from it', async () => {
    const heads: LogHead[] = [];
    const sequencer = start((head) => heads.push(head));
    for (let n = 0; n < 3; n++) await writeQueueing('a', String(n));
    const after = Date.now();
    await untilMoved();
    while (!heads.some(({ drainedAt = 0 }) => drainedAt >= after)) await sleep(10);
    await sequencer.stop();
    const [end] = await database.query<{ pos: number }>(sql`select max(pos)::float8 as pos from bus_log`);
    expect(heads.at(-1)?.pos).toBe(end?.pos);
  });

  it('counts what an open transaction has decided as missing, until that is over', async () => {
    const heads: LogHead[] = [];
    const sequencer = start((head) => heads.push(head));
    await database.transaction(async () => {
      const began = database.oldestTransaction() ?? 0;
      await database.commit({ events: [{ type, key: 'a', data: {} }] });
      const next = heads.length + 1; // a pass may be under way
      while (heads.length < next + 3) await sleep(10);
      expect(heads.slice(next).filter(({ drainedAt = 0 }) => drainedAt > began)).toEqual([]);
    }, Date.now() + 10_000);
    const after = Date.now();
    await untilMoved();
    while (!heads.some(({ drainedAt = 0 }) => drainedAt >= after)) await sleep(10);
    await sequencer.stop();
    expect(await readLog()).toHaveLength(1);
  });

  it('moves a long queue in full batches, without a pause between them', async () => {
    await database.query(
      sql`insert into outbox (event_id, type, key, time, data) select gen_random_uuid(), ${type}, n::text, now(), '{}' from generate_series(1, 20000) as n`,
    );
    const began = Date.now();
    const sequencer = start();
    await untilMoved();
    await sequencer.stop();
    expect(Date.now() - began).toBeLessThan(10_000);
    const [row] = await database.query<{ ordered: boolean }>(
      sql`select bool_and(key::int = n) as ordered from (select key, row_number() over (order by pos) as n from bus_log) as l`,
    );
    expect(row?.ordered).toBe(true);
  });

  it('tells how much waits, and how old the oldest is', async () => {
    const sequencer = start();
    await sequencer.stop();
    const idle = start();
    await database.query(sql`insert into dead_letter (id, subscription, event_id, source, type, key, time, data, reason, tries, failed_at, status, version)
      values (gen_random_uuid(), 's', gen_random_uuid(), 'doors', 't', 'k', now(), '{}', 'r', 5, now(), 'waiting', 1)`);
    const text = await metrics.registry.metrics();
    await idle.stop();
    await database.query(sql`delete from dead_letter`);
    expect(text).toContain('opora_queue_events{service="lamps",queue="outbox"} 0');
    expect(text).toContain('opora_queue_age_seconds{service="lamps",queue="outbox"} 0');
    expect(text).toContain('opora_dead_letters{service="lamps",subscription="s"} 1');
  });
});
