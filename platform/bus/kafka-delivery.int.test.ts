import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { type Kafka, type KafkaMessage, type Message, Partitioners } from 'kafkajs';
import { pino } from 'pino';
import { describeWithKafka } from '../../tests/engines/describe-with.ts';
import { newUuid, systemClock } from '../clock/clock.ts';
import { AppError } from '../errors/app-error.ts';
import { sql } from '../postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../postgres/test-database.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { toMessage } from './cloud-event.ts';

import type { Envelope } from './event.ts';
import { createKafkaLog } from './kafka-log.ts';
import { deadLetterTopicOf, ensureTopics, topicOf } from './kafka-topics.ts';
import { openKafka } from './open-kafka.ts';

const log = pino({ level: 'silent' });
const metrics = createMetrics();
const topics = { partitions: 2, replicationFactor: 1 };

/** What Kafka alone may do to events, below the port that `event-log.contract.ts` proves. */
describeWithKafka('what comes from Kafka', (engine) => {
  let doors: TestDatabase;
  let kafka: Kafka;
  const stops: (() => Promise<void>)[] = [];
  // A source of its own for each run: the topic may be there for longer than the test's database.
  const source = `lamps_${Array.from(randomUUID().replaceAll('-', ''), (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)))
    .join('')
    .slice(0, 8)}`;
  const type = `opora.${source}.v1.LampLit`;
  const topic = topicOf(source);

  beforeAll(async () => {
    doors = await openTestDatabase({ name: 'doors', migrations: new URL('./fixtures/doors/', import.meta.url) });
    kafka = openKafka({ brokers: engine.brokers, clientId: 'test', log });
    await ensureTopics(kafka, [topic], topics);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await doors.query(sql`truncate heard, inbox, dead_letter`);
  });
  afterAll(() => doors.close());

  const openLog = () => createKafkaLog({ kafka, topics, clock: systemClock, log, onStalled: () => undefined });
  async function subscribe(name: string, mine: string, refuses: (event: Envelope) => boolean = () => false): Promise<() => Promise<void>> {
    const one = await openLog().subscribe({
      database: doors,
      subscription: {
        name,
        types: [type],
        async handle(all) {
          const events = all.filter(({ key }) => key.startsWith(mine));
          if (events.some(refuses)) throw new AppError('unavailable', 'not now');
          return {
            statements: [
              sql`insert into heard (event_id, key, n) select * from unnest(${events.map(({ id }) => id)}::uuid[], ${events.map(({ key }) => key)}::text[],
                ${events.map(({ data }) => (data as { n: number }).n)}::int[])`,
            ],
          };
        },
        batch: 7,
      },
      context: () => ({
        now: Date.now(),
        newId: newUuid,
        within: () => ({ deadline: 0, principal: { kind: 'service', id: 'doors', name: 'doors', permissions: [] } }),
      }),
      check(event) {
        if (typeof (event.data as { n?: unknown }).n !== 'number') throw new AppError('invalid_input', 'n must be a number');
      },
      metrics,
    });
    stops.push(() => one.stop());
    return () => one.stop();
  }
  async function send(messages: readonly Message[]): Promise<void> {
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic, messages: [...messages] });
    await producer.disconnect();
  }
  const toOutgoing = (key: string, n: number, id = newUuid()) =>
    toMessage({ id, type, source, key, time: '2026-03-01T10:00:00.000Z', data: JSON.stringify({ n }) });
  const heard = () => doors.query<{ key: string; n: number }>(sql`select key, n from heard order by place`);
  async function until(holds: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 30_000; !(await holds()); await sleep(20)) if (Date.now() > end) throw new Error('It did not happen in time.');
  }

  it('has one effect for each event, in the order of its key, however often it comes and however keys are mixed', async () => {
    const run = randomUUID().slice(0, 6);
    await subscribe(`mixed-${run}`, run);
    const keys = ['a', 'b', 'c', 'd'].map((key) => `${run}/${key}`);
    const inOrder = keys.flatMap((key) => Array.from({ length: 25 }, (_, n) => ({ key, n, message: toOutgoing(key, n) })));
    // Each key's own events keep their order; between keys they fall as they may; and whole stretches come twice, as a relay sends them that did not hear the answer.
    const [random] = fc.sample(fc.array(fc.nat(), { minLength: 400, maxLength: 400 }), 1);
    const lanes = new Map(keys.map((key) => [key, inOrder.filter((one) => one.key === key)]));
    const mixed: Message[] = [];
    for (let turn = 0; mixed.length < inOrder.length; turn++) {
      const waiting = [...lanes.values()].filter((lane) => lane.length > 0);
      const next = waiting[(random?.[turn] ?? 0) % waiting.length]?.shift();
      if (next) mixed.push(next.message);
    }
    for (let start = 0; start < mixed.length; start += 10) {
      const stretch = mixed.slice(start, start + 10);
      await send([...stretch, ...stretch]);
      if ((random?.[start] ?? 0) % 2 === 0) await send(mixed.slice(Math.max(0, start - 20), start + 10));
    }
    await until(async () => (await heard()).length >= 100);
    await send([toOutgoing(`${run}/a`, 999), toOutgoing(`${run}/b`, 999), toOutgoing(`${run}/c`, 999), toOutgoing(`${run}/d`, 999)]);
    await until(async () => (await heard()).filter(({ n }) => n === 999).length === 4);
    const all = await heard();
    for (const key of keys) expect(all.filter((one) => one.key === key).map(({ n }) => n)).toEqual([...Array.from({ length: 25 }, (_, n) => n), 999]);
  });

  it('puts what is no event of ours aside, with its place and its text, and goes on', async () => {
    const run = randomUUID().slice(0, 6);
    const name = `foreign-${run}`;
    await subscribe(name, run);
    const key = `${run}/a`;
    await send([
      { key, value: 'hello' },
      { ...toOutgoing(key, 1), value: '{"n": 1' },
      { ...toOutgoing(key, 1), headers: { ...toOutgoing(key, 1).headers, ce_id: 'seven' } },
      { key: `${run}/\0`, value: Buffer.from([0xff, 0x00, 0xfe]) },
      { ...toOutgoing(key, 1), value: null },
      { ...toOutgoing(key, 1), headers: { ...toOutgoing(key, 1).headers, ce_type: 'opora.lamps.v1.SomethingElse' }, value: 'not for us' },
      toOutgoing(key, 5),
    ]);
    await until(async () => (await heard()).length > 0 && (await doors.query(sql`select 1 from dead_letter`)).length >= 5);
    expect(await heard()).toEqual([{ key, n: 5 }]);
    const letters = await doors.query<{ reason: string; data: unknown; tries: number }>(
      sql`select reason, data, tries from dead_letter where subscription = ${name} and key like ${`${run}%`}`,
    );
    expect(letters.map(({ reason, data }) => `${reason.replace(/ \(.*/, '')} ${data}`).sort()).toEqual([
      'The header ce_id is no UUID. hello',
      'The header ce_id is no UUID. {"n":1}',
      'The header ce_id is no UUID. \uFFFD\u0000\uFFFD',
      'The value is no JSON. ',
      'The value is no JSON. {"n": 1',
    ]);
    expect(letters[0]?.reason).toMatch(new RegExp(`\\(${topic}, partition \\d, offset \\d+\\)$`));
  });

  it('goes on with other partitions while one waits for something unavailable, and then with that one too', async () => {
    const run = randomUUID().slice(0, 6);
    let isDown = true;
    await subscribe(`rest-${run}`, run, ({ key }) => isDown && key.endsWith('/down'));
    // Keys of each of the two partitions, as the producer divides them.
    const partitionOf = Partitioners.DefaultPartitioner();
    const metadata = [0, 1].map((partitionId) => ({ partitionErrorCode: 0, partitionId, leader: 0, replicas: [], isr: [] }));
    const place = (key: string) => partitionOf({ topic, partitionMetadata: metadata, message: { key, value: '' } });
    const down = `${run}/down`;
    const up = Array.from({ length: 20 }, (_, n) => `${run}/${n}`).filter((key) => place(key) !== place(down));
    await send([toOutgoing(down, 1), toOutgoing(down, 2), ...up.map((key) => toOutgoing(key, 1))]);
    await until(async () => (await heard()).length >= up.length);
    await send(up.map((key) => toOutgoing(key, 2)));
    await until(async () => (await heard()).length >= 2 * up.length);
    expect((await heard()).some(({ key }) => key === down)).toBe(false);
    isDown = false;
    await until(async () => (await heard()).filter(({ key }) => key === down).length === 2);
    expect(await doors.query(sql`select 1 from dead_letter where key = ${down}`)).toEqual([]);
  });

  it('keeps the order of each key, and each effect single, while members of the group come and go', async () => {
    const run = randomUUID().slice(0, 6);
    const name = `moving-${run}`;
    const keys = ['a', 'b', 'c', 'd', 'e'].map((key) => `${run}/${key}`);
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const leaveFirst = await subscribe(name, run);
    let n = 0;
    const sendFor = async (milliseconds: number) => {
      for (const end = Date.now() + milliseconds; Date.now() < end; n++)
        await producer.send({ topic, messages: keys.map((key) => toOutgoing(key, n)) });
    };
    await sendFor(1_000);
    const [leaveSecond] = await Promise.all([subscribe(name, run), sendFor(2_000)]);
    await Promise.all([leaveFirst(), sendFor(1_500)]);
    await Promise.all([subscribe(name, run), sendFor(1_500)]);
    await Promise.all([leaveSecond(), sendFor(1_000)]);
    await producer.disconnect();
    await until(async () => (await heard()).length >= n * keys.length);
    const all = await heard();
    for (const key of keys) expect(all.filter((one) => one.key === key).map((one) => one.n)).toEqual(Array.from({ length: n }, (_, index) => index));
  }, 60_000);

  it('has no second effect when the relay sends everything again', async () => {
    const lamps = await openTestDatabase({ name: source });
    const run = randomUUID().slice(0, 6);
    await subscribe(`again-${run}`, run);
    await lamps.query(sql`insert into bus_log (event_id, type, key, time, data)
      select gen_random_uuid(), ${type}, ${run} || '/' || n % 3, now(), json_build_object('n', n) from generate_series(1, 1000) as n`);
    for (let round = 0; round < 2; round++) {
      const publication = await openLog().publish(lamps, metrics);
      await until(
        async () => (await lamps.query<{ pos: number }>(sql`select pos::int as pos from relay_position where name = 'kafka'`))[0]?.pos === 1_000,
      );
      await publication.stop();
      await lamps.query(sql`update relay_position set pos = 0 where name = 'kafka'`);
    }
    const admin = kafka.admin();
    await admin.connect();
    const group = `doors.again-${run}`;
    const ends = await admin.fetchTopicOffsets(topic);
    await until(async () => {
      const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return ends.every(({ partition, high }) => committed?.partitions.find((one) => one.partition === partition)?.offset === high);
    });
    await admin.disconnect();
    const all = await heard();
    expect(all).toHaveLength(1_000);
    for (const lane of [0, 1, 2]) {
      const numbers = all.filter(({ key }) => key === `${run}/${lane}`).map(({ n }) => n);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
    await lamps.close();
  });

  it('tells the topic of dead letters what a service could not handle, and why', async () => {
    const lamps = await openTestDatabase({ name: source });
    const id = newUuid();
    await lamps.query(sql`insert into dead_letter (id, subscription, event_id, source, type, key, time, data, reason, tries, failed_at, status, version)
      values (${newUuid()}, 'some-lane', ${id}, 'doors', 'opora.doors.v1.DoorOpened', 'k', '2026-03-01T10:00:00Z', '{"n": 13}', 'thirteen', 5, now(), 'waiting', 1)`);
    const publication = await openLog().publish(lamps, metrics);
    stops.push(() => publication.stop());
    const letters: KafkaMessage[] = [];
    const consumer = kafka.consumer({ groupId: randomUUID() });
    await ensureTopics(kafka, [deadLetterTopicOf(source)], topics);
    await consumer.connect();
    await consumer.subscribe({ topics: [deadLetterTopicOf(source)], fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void letters.push(message) });
    await until(async () => letters.length > 0);
    await consumer.disconnect();
    const [letter] = letters;
    expect(letter?.value?.toString()).toBe('{"n": 13}');
    const headers = Object.fromEntries(Object.entries(letter?.headers ?? {}).map(([name, value]) => [name, String(value)]));
    expect(headers).toMatchObject({
      ce_id: id,
      ce_type: 'opora.doors.v1.DoorOpened',
      opora_subscription: 'some-lane',
      opora_reason: 'thirteen',
      opora_tries: '5',
    });
    await publication.stop();
    await lamps.close();
  });
});
