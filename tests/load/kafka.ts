import { rm } from 'node:fs/promises';
import type { Kafka } from 'kafkajs';
import pg from 'pg';
import { findJava, hasMaven } from '../../deploy/engines/find-java.ts';
import { startLocalKafka } from '../../deploy/engines/local-kafka.ts';
import { toMessage } from '../../platform/bus/cloud-event.ts';
import type { EventLog } from '../../platform/bus/event-log.ts';
import { createKafkaLog } from '../../platform/bus/kafka-log.ts';
import { ensureTopics, topicOf } from '../../platform/bus/kafka-topics.ts';
import { openKafka } from '../../platform/bus/open-kafka.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { toClientConfig } from '../../platform/postgres/connection.ts';
import { render, sql } from '../../platform/postgres/sql.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { type Benchmark, milliseconds, perSecond, type Row, thousands } from './benchmark.ts';
import { tellEffects, upsertEffects } from './effect.ts';
import { makeFolder, waitUntil } from './hub.ts';
import { context, eventType, measureLatency, silent } from './log-latency.ts';
import { measureRawLatency, readRaw, sendRaw } from './raw-kafka.ts';
import { openTwoServices, type TwoServices } from './two-services.ts';

const waiting = 200_000;
const warmUp = 20_000;
/** What fits below the relay's largest request. */
const sendBatch = 1_000;
/** What a subscription takes at once. */
const effectBatch = 500;
const topics = { partitions: 6, replicationFactor: 1 };
const pace = { perSecond: 200, seconds: 20 };
const data = JSON.stringify({ text: 'x'.repeat(489) });

interface Bench {
  kafka: Kafka;
  log: EventLog;
  services: TwoServices;
  report(text: string): void;
}

export const kafka: Benchmark = {
  name: 'kafka',
  needs: 'kafka',
  async run(report) {
    if (!((await findJava()) && (await hasMaven()))) {
      report('left out: it needs Java 17 and Maven, and they are not on this machine');
      return [];
    }
    const folder = await makeFolder();
    const broker = await startLocalKafka({ dir: folder, log: report });
    const services = await openTwoServices();
    try {
      const client = openKafka({ brokers: broker.brokers, clientId: 'bench', log: silent });
      const log = createKafkaLog({ kafka: client, topics, clock: systemClock, log: silent, onStalled: (reason) => report(reason) });
      const bench = { kafka: client, log, services, report };
      await ensureTopics(client, ['raw-latency', 'raw', topicOf('lamps'), topicOf('doors')], topics);
      // In this order: what one leaves in the topic is what the next one needs, and the latency needs it empty.
      return [await rowOfLatency(bench), await rowOfRelay(bench), await rowOfEffects(bench)];
    } finally {
      await services.stop();
      await broker.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function rowOfLatency({ kafka, log, services, report }: Bench): Promise<Row> {
  report(`${pace.perSecond} messages a second by kafkajs alone for ${pace.seconds} s`);
  const floor = await measureRawLatency(kafka, 'raw-latency', data, pace);
  report('the same through outbox, relay, Kafka and inbox');
  const { p50, p99 } = await measureLatency(log, services.lamps, services.doors, pace);
  return {
    what: `event through Kafka, commit to committed effect, at ${pace.perSecond}/s`,
    measured: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`,
    floor: `raw kafkajs end to end, without PostgreSQL: p50 ${milliseconds(floor.p50)}, p99 ${milliseconds(floor.p99)}`,
    reach: 'p50 < 20 ms, p99 < 80 ms',
    reached: p50 < 20 && p99 < 80,
  };
}

async function rowOfRelay({ kafka, log, services: { lamps }, report }: Bench): Promise<Row> {
  report(`raw: ${thousands(waiting)} messages by kafkajs sendBatch`);
  const messages = Array.from({ length: waiting }, () =>
    toMessage({ id: newUuid(), source: 'lamps', type: eventType, key: newUuid(), time: new Date().toISOString(), data }),
  );
  await sendRaw(kafka, 'raw', messages.slice(0, warmUp), sendBatch);
  const floor = await sendRaw(kafka, 'raw', messages, sendBatch);

  report(`relay: the same out of PostgreSQL`);
  const append = async (count: number) => {
    await lamps.query(sql`insert into bus_log (event_id, type, key, time, data)
      select uuidv7(), ${eventType}, uuidv7(), now(), ${data}::json from generate_series(1, ${count}::int)`);
    const [head] = await lamps.query<{ pos: number }>(sql`select max(pos)::float8 as pos from bus_log`);
    return head?.pos ?? 0;
  };
  const untilCarried = async (to: number) => {
    const isThere = async () => {
      const [row] = await lamps.query<{ pos: number }>(sql`select pos::float8 as pos from relay_position where name = 'kafka'`);
      return row !== undefined && row.pos >= to;
    };
    while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const publication = await log.publish(lamps, createMetrics());
  await untilCarried(await append(warmUp));
  // One transaction: the relay sees all of them or none, and it begins when this returns.
  const head = await append(waiting);
  const began = performance.now();
  publication.noteHead({ pos: head });
  await untilCarried(head);
  const seconds = (performance.now() - began) / 1000;
  await publication.stop();
  return {
    what: `relay of ${thousands(waiting)} waiting events of ${data.length} B to Kafka`,
    measured: `${thousands(perSecond(waiting, seconds))} events/s`,
    floor: `raw kafkajs sendBatch of as many in each request: ${thousands(perSecond(waiting, floor))}/s`,
    ratio: floor / seconds,
    reach: '≥ 0.6 of the floor',
    reached: floor / seconds >= 0.6,
  };
}

/** Of the events that the relay has just carried. */
async function rowOfEffects({ kafka, log, services, report }: Bench): Promise<Row> {
  report('raw: as many upserts batched from memory');
  const floor = await upsertRaw(services);
  report('raw: the same messages read by kafkajs, which does nothing with them');
  const reading = await readRaw(kafka, topicOf('lamps'), waiting);
  report('subscriber: the same upserts, heard from Kafka, with its inbox');
  const seconds = await followAll(log, services);
  return {
    what: `effects of ${thousands(waiting)} events from Kafka, one upsert each, in another service`,
    measured: `${thousands(perSecond(waiting, seconds))} effects/s`,
    floor: `the same upserts from memory, ${effectBatch} a statement, one connection: ${thousands(perSecond(waiting, floor))}/s (kafkajs alone, which only reads them: ${thousands(reading)}/s)`,
    ratio: floor / seconds,
    reach: '≥ 0.6 of the floor',
    reached: floor / seconds >= 0.6,
  };
}

async function upsertRaw({ admin }: TwoServices): Promise<number> {
  const client = new pg.Client(toClientConfig(admin, 'doors'));
  await client.connect();
  await client.query('set role opora_doors; create table floor_effect (like effect including all)');
  const keys = Array.from({ length: warmUp + waiting }, () => newUuid());
  const upsert = (from: number) => client.query({ name: 'upsert', ...render(upsertEffects(keys.slice(from, from + effectBatch), 'floor_effect')) });
  for (let from = 0; from < warmUp; from += effectBatch) await upsert(from);
  const began = performance.now();
  for (let from = warmUp; from < keys.length; from += effectBatch) await upsert(from);
  const seconds = (performance.now() - began) / 1000;
  await client.end();
  return seconds;
}

/** Seconds that the last `waiting` events took; those before them warm everything up. */
async function followAll(log: EventLog, { doors, lamps }: TwoServices): Promise<number> {
  const [{ total } = { total: 0 }] = await lamps.query<{ total: number }>(sql`select count(*)::int as total from bus_log`);
  let done = 0;
  let began = 0;
  let seconds: number | undefined;
  const effects = tellEffects(doors, (events) => {
    done += events.length;
    if (done < total - waiting || began === 0) began = performance.now();
    if (done === total) seconds = (performance.now() - began) / 1000;
  });
  const subscription = await log.subscribe({
    database: effects.database,
    subscription: { name: 'effects', types: [eventType], batch: effectBatch, handle: effects.handle },
    context,
    check: () => undefined,
    metrics: createMetrics(),
  });
  await waitUntil(async () => seconds !== undefined, 300);
  await subscription.stop();
  return seconds ?? 0;
}
