import { pino } from 'pino';
import { newUuid, systemClock } from '../clock/clock.ts';
import type { OpenDatabase } from '../engines/engines.ts';
import { AppError } from '../errors/app-error.ts';
import type { Changes } from '../postgres/database.ts';
import { exactly, sql } from '../postgres/sql.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createDeadLetters } from './dead-letters.ts';
import type { Envelope } from './event.ts';
import type { EventLog, RunningSubscription } from './event-log.ts';
import { startSequencer } from './sequencer.ts';

/** What an adapter brings: two services' databases, and a log between them. */
export interface LogHarness {
  /** Service `lamps`, which announces; its table `lamp(id int, colour text)`. */
  lamps: OpenDatabase;
  /** Service `doors`, which listens; its table `heard(event_id uuid, key text, n int)`, without any constraint, so that doubles show. */
  doors: OpenDatabase;
  /** A log over the same engine, as a process of its own would open it. */
  openLog(): Promise<EventLog & { close(): Promise<void> }>;
  close(): Promise<void>;
}

const type = 'opora.lamps.v1.LampLit';
const silent = pino({ level: 'silent' });
const metrics = createMetrics();

/** What every adapter of the event log must do; run by `postgres-log.int.test.ts` and `kafka-log.int.test.ts`. */
export function eventLogContract(open: () => Promise<LogHarness>): void {
  let harness: LogHarness;
  let log: EventLog & { close(): Promise<void> };
  let carry: { stop(): Promise<void> };
  const running: RunningSubscription[] = [];
  let serial = 0;

  beforeAll(async () => {
    harness = await open();
    log = await harness.openLog();
    carry = await startCarrying(harness.lamps, log);
  }, 120_000);
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
    await harness.doors.query(sql`delete from heard`);
  });
  afterAll(async () => {
    await carry?.stop();
    await log?.close();
    await harness?.close();
  }, 60_000);

  /** Every test of every run has keys and subscriptions of its own, since a new subscription hears the whole log, and a Kafka may be there for longer. */
  const run = newUuid().slice(-6);
  const unique = (word: string) => `${word}${++serial}-${run}`;
  const announce = (prefix: string, from: number, to: number, keys = 3) =>
    harness.lamps.commit({
      events: Array.from({ length: to - from }, (_, index) => ({ type, key: `${prefix}/${(from + index) % keys}`, data: { n: from + index } })),
    });
  const heard = async (prefix: string) =>
    harness.doors.query<{ key: string; n: number }>(sql`select key, n from heard where key like ${`${prefix}/%`} order by place`);
  const record = (events: readonly Envelope[]): Changes => ({
    statements: [
      sql`insert into heard (event_id, key, n) select * from unnest(${events.map(({ id }) => id)}::uuid[], ${events.map(({ key }) => key)}::text[],
        ${events.map(({ data }) => (data as { n: number }).n)}::int[])`,
    ],
  });
  async function subscribe(
    name: string,
    prefix: string,
    handle: (events: readonly Envelope[]) => Promise<Changes> = async (events) => record(events),
    over: EventLog = log,
  ): Promise<RunningSubscription> {
    const one = await over.subscribe({
      database: harness.doors,
      subscription: {
        name,
        types: [type],
        async handle(events) {
          const mine = events.filter(({ key }) => key.startsWith(`${prefix}/`));
          return mine.length > 0 ? handle(mine) : {};
        },
      },
      context: () => ({
        now: Date.now(),
        newId: newUuid,
        within: () => ({ deadline: Date.now() + 1_000, principal: { kind: 'service', id: 'doors', name: 'doors', permissions: [] } }),
      }),
      check(event) {
        if (typeof (event.data as { n?: unknown }).n !== 'number') throw new AppError('invalid_input', 'n must be a number');
      },
      metrics,
    });
    running.push(one);
    return one;
  }
  async function until(holds: () => Promise<boolean>, within = 30_000): Promise<void> {
    const end = Date.now() + within;
    while (!(await holds())) {
      if (Date.now() > end) throw new Error('It did not happen in time.');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const range = (count: number) => Array.from({ length: count }, (_, index) => index);

  it('has exactly one effect for each event, in the order of its key, while many commit and some fail', async () => {
    const prefix = unique('crowd');
    await subscribe(unique('s'), prefix);
    // Each key is written by one writer after the other, as an aggregate is; every third commit fails.
    const writers = range(8).map(async (writer) => {
      for (let n = 0; n < 30; n++) {
        const event = { type, key: `${prefix}/${writer}`, data: { n } };
        const fails = n % 3 === 2;
        const attempt = harness.lamps.commit({
          statements: fails ? [sql`insert into lamp (id, colour) values (${writer}, null)`] : [],
          events: [event],
        });
        await (fails ? expect(attempt).rejects.toThrow() : attempt);
      }
    });
    await Promise.all(writers);
    await until(async () => (await heard(prefix)).length >= 160);
    const all = await heard(prefix);
    for (const writer of range(8)) {
      expect(all.filter(({ key }) => key === `${prefix}/${writer}`).map(({ n }) => n)).toEqual(range(30).filter((n) => n % 3 !== 2));
    }
  });

  it('catches up after a stop, from where it was, and a new subscription hears the whole log', async () => {
    const prefix = unique('pause');
    const name = unique('s');
    const first = await subscribe(name, prefix);
    await announce(prefix, 0, 50);
    await until(async () => (await heard(prefix)).length === 50);
    await first.stop();
    await announce(prefix, 50, 120);
    await subscribe(name, prefix);
    await until(async () => (await heard(prefix)).length >= 120);
    expect((await heard(prefix)).map(({ n }) => n).sort((a, b) => a - b)).toEqual(range(120));

    const late: number[] = [];
    await subscribe(unique('late'), prefix, async (events) => {
      late.push(...events.map(({ data }) => (data as { n: number }).n));
      return {};
    });
    await until(async () => new Set(late).size === 120);
  });

  it('gives each of several subscriptions every event', async () => {
    const prefix = unique('many');
    const names = [unique('a'), unique('b'), unique('c')];
    for (const name of names) {
      await subscribe(name, prefix, async (events) => record(events.map((event) => ({ ...event, key: `${prefix}/${name}` }))));
    }
    await announce(prefix, 0, 40);
    await until(async () => (await heard(prefix)).length >= 120);
    const all = await heard(prefix);
    for (const name of names) expect(all.filter(({ key }) => key === `${prefix}/${name}`)).toHaveLength(40);
  });

  it('has one effect for each event when two processes run the same subscription', async () => {
    const prefix = unique('twice');
    const name = unique('s');
    const other = await harness.openLog();
    await subscribe(name, prefix);
    await subscribe(name, prefix, undefined, other);
    for (const start of range(10)) await announce(prefix, start * 20, start * 20 + 20, 7);
    await until(async () => (await heard(prefix)).length >= 200);
    expect((await heard(prefix)).map(({ n }) => n).sort((a, b) => a - b)).toEqual(range(200));
    await Promise.all(running.splice(0).map((one) => one.stop()));
    await other.close();
  });

  it('waits for what is unavailable, for as long as it takes, and puts nothing aside for it', async () => {
    const prefix = unique('outage');
    const name = unique('s');
    let refusals = 0;
    await subscribe(name, prefix, async (events) => {
      if (refusals++ < 4) throw new AppError('unavailable', 'the neighbour is down');
      return record(events);
    });
    await announce(prefix, 0, 10);
    await until(async () => (await heard(prefix)).length === 10);
    expect(refusals).toBeGreaterThan(4);
    expect(await harness.doors.query(sql`select 1 from dead_letter where subscription = ${name}`)).toEqual([]);
  });

  it('puts a poison event aside with its reason, goes on, and has its one effect after it was fixed and replayed', async () => {
    const prefix = unique('poison');
    const name = unique('s');
    const handle = async (events: readonly Envelope[]) => {
      if (events.some(({ data }) => (data as { n: number }).n === 13)) throw new Error('thirteen is more than I can bear');
      return record(events);
    };
    await subscribe(name, prefix, handle);
    await announce(prefix, 0, 30, 1);
    await harness.lamps.commit({ events: [{ type, key: `${prefix}/0`, data: { n: 'thirty' } }] });
    await announce(prefix, 31, 40, 1);
    await until(async () => (await heard(prefix)).length >= 38);
    expect((await heard(prefix)).map(({ n }) => n)).toEqual(range(40).filter((n) => n !== 13 && n !== 30));

    const letters = createDeadLetters({
      database: harness.doors,
      subscriptions: [{ name, types: [type], handle }],
      context: () => ({
        now: Date.now(),
        newId: newUuid,
        within: () => ({ deadline: 0, principal: { kind: 'service', id: 'doors', name: 'doors', permissions: [] } }),
      }),
      check: () => undefined,
    });
    const { items } = await letters.list({ subscription: name, limit: 10 });
    expect(items.map(({ reason, tries }) => [reason, tries])).toEqual([
      ['thirteen is more than I can bear', 5],
      ['n must be a number', 1],
    ]);
    const [thirteen] = items;
    if (!thirteen) throw new Error('there is no dead letter');
    await expect(letters.replay(thirteen.id)).rejects.toThrow(/thirteen/);
    await letters.fix(thirteen.id, { n: 14_000 });
    const replays = await Promise.allSettled([letters.replay(thirteen.id), letters.replay(thirteen.id)]);
    expect(replays.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await heard(prefix)).filter(({ n }) => n === 14_000)).toHaveLength(1);
    expect((await letters.list({ subscription: name, limit: 10 })).items).toHaveLength(1);
  });

  it('takes a conflict that never ends for a mistake, not for a race', async () => {
    const prefix = unique('clash');
    const name = unique('s');
    await subscribe(name, prefix, async (events) => {
      const twice = events.some(({ data }) => (data as { n: number }).n === 2);
      const { statements = [] } = record(events);
      return { statements: twice ? [...statements, exactly(1, sql`select 1 where false`)] : statements };
    });
    await announce(prefix, 0, 5, 1);
    await until(async () => (await heard(prefix)).length >= 4);
    expect((await heard(prefix)).map(({ n }) => n)).toEqual([0, 1, 3, 4]);
    const letters = await harness.doors.query(sql`select data, tries from dead_letter where subscription = ${name} and key = ${`${prefix}/0`}`);
    expect(letters).toEqual([{ data: { n: 2 }, tries: 15 }]);
  }, 60_000);

  it('tells up to when it has heard everything', async () => {
    const prefix = unique('caught');
    const one = await subscribe(unique('s'), prefix);
    await announce(prefix, 0, 10);
    const after = systemClock.now();
    await until(async () => one.caughtUpAt() > after);
    expect(await heard(prefix)).toHaveLength(10);
    expect(await one.lag()).toBe(0);
  });

  it('lets a follower see events as they come and go on from where it was', async () => {
    const prefix = unique('tail');
    const seen: { n: number; position: string }[] = [];
    const follow = (from?: string) =>
      log.tail({
        sources: ['lamps'],
        ...(from !== undefined && { from }),
        onEvent(event, position) {
          if (event.key.startsWith(`${prefix}/`)) seen.push({ n: (event.data as { n: number }).n, position });
        },
      });
    const first = await follow();
    await announce(prefix, 0, 5, 1);
    await until(async () => seen.length === 5);
    await first.stop();
    await announce(prefix, 5, 8, 1);
    const second = await follow(seen[2]?.position);
    await until(async () => seen.length === 10);
    await second.stop();
    expect(seen.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 3, 4, 5, 6, 7]);
  });

  it('carries who announced it, when, and the trace that caused it', async () => {
    const prefix = unique('meta');
    const envelopes: Envelope[] = [];
    await subscribe(unique('s'), prefix, async (events) => {
      envelopes.push(...events);
      return {};
    });
    await harness.lamps.query(sql`insert into outbox (event_id, type, key, time, data, traceparent) values (${newUuid()}, ${type}, ${`${prefix}/0`},
      '2026-01-02T03:04:05.678Z', '{"n": 1}', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')`);
    await until(async () => envelopes.length > 0);
    expect(envelopes[0]).toMatchObject({
      source: 'lamps',
      type,
      time: '2026-01-02T03:04:05.678Z',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
  });

  it('goes on with the trace of each event in what is announced of the same aggregate, also when they are handled together', async () => {
    const prefix = unique('trace');
    const traceOf = (n: number) => `00-${String(n).padStart(32, 'a')}-b7ad6b7169203331-01`;
    await harness.lamps.commit({ events: range(3).map((n) => ({ type, key: `${prefix}/${n}`, data: { n }, traceparent: traceOf(n) })) });
    await subscribe(unique('s'), prefix, async (events) => ({
      ...record(events),
      events: events.map(({ key }) => ({ type: 'opora.doors.v1.DoorOpened', key, data: {} })),
    }));
    await until(async () => (await heard(prefix)).length === 3);
    const announced = await harness.doors.query(sql`select key, traceparent from outbox where key like ${`${prefix}/%`} order by key`);
    expect(announced).toEqual(range(3).map((n) => ({ key: `${prefix}/${n}`, traceparent: traceOf(n) })));
  });
}

async function startCarrying(database: OpenDatabase, log: EventLog): Promise<{ stop(): Promise<void> }> {
  const publisher = await log.publish(database, metrics);
  const sequencer = startSequencer({ database, onPass: publisher.noteHead, clock: systemClock, log: silent, metrics });
  return {
    async stop() {
      await sequencer.stop();
      await publisher.stop();
    },
  };
}
