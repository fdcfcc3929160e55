import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import type { Client } from 'pg';
import type { Logger } from 'pino';
import type { OpenDatabase } from '../engines/engines.ts';
import { crashPoint } from '../faults/crash-point.ts';
import { sql } from '../postgres/sql.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { announceDeadLetters } from './announce-dead-letters.ts';
import { backOff } from './back-off.ts';
import { type OutgoingEvent, toMessage } from './cloud-event.ts';
import type { Publication } from './event-log.ts';
import { deadLetterTopicOf, ensureTopics, type TopicSettings, topicOf } from './kafka-topics.ts';
import { createWaker } from './waker.ts';

export interface RelayOptions {
  database: OpenDatabase;
  kafka: Kafka;
  topics: TopicSettings;
  log: Logger;
  metrics: Metrics;
}

const page = 2_000;
/** Below the broker's default limit of a batch (1 MiB), all of which one partition may get. */
const largestRequest = 900_000;
const quickest = 5;
const slowest = 250;
const lockInterval = 500;
const deadLetterInterval = 5_000;

/**
 * Carries a service's `bus_log` to its topic, in its order, from a stored position on. One process at a time does, under a lock on the connection that does the
 * work. Whatever fails, everything is made anew and goes on from the position: what Kafka may have taken already comes again, and the inbox knows it.
 */
export function startRelay({ database, kafka, topics, log, metrics }: RelayOptions): Publication {
  const { schema } = database;
  const topic = topicOf(schema);
  const waker = createWaker();
  const stopping = new AbortController();
  let position = 0;
  let producer: Producer | undefined;
  const unwatch = watchQueue(database, metrics);

  async function relay(client: Client, producer: Producer): Promise<void> {
    let stored = await openPosition(client);
    position = stored;
    const store = async () => {
      if (position === stored) return;
      await storePosition(client, stored, position);
      stored = position;
    };
    let events = await readLog(client, position, schema);
    let pause = quickest;
    let announcedAt = 0;
    const announce = announceDeadLetters({ client, producer, topic: deadLetterTopicOf(schema) });
    while (!stopping.signal.aborted) {
      const end = events.at(-1)?.pos;
      if (end !== undefined) {
        // While this page is sent, the end of the one before is stored and the one after is read.
        const [following] = await Promise.all([store().then(() => readLog(client, end, schema)), send(producer, events)]);
        position = end;
        events = following;
        pause = quickest;
      }
      if (Date.now() - announcedAt > deadLetterInterval) {
        await announce();
        announcedAt = Date.now();
      }
      if (events.length === 0) {
        await store();
        pause = (await waker.wait(pause)) ? quickest : Math.min(slowest, pause * 2);
        events = await readLog(client, position, schema);
      }
    }
  }

  async function send(to: Producer, events: readonly QueuedEvent[]): Promise<void> {
    for (const chunk of cutInto(events, largestRequest)) {
      crashPoint('relay.before-send');
      await to.sendBatch({ acks: -1, topicMessages: [{ topic, messages: chunk.map(toMessage) }] });
      crashPoint('relay.after-acknowledgement');
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      let client: Client | undefined;
      try {
        client = await database.openClient();
        client.on('error', () => undefined); // the query under way fails too, and tells
        while (!stopping.signal.aborted && !(await takeLock(client, schema))) await waker.wait(lockInterval);
        if (stopping.signal.aborted) return;
        await ensureTopics(kafka, [topic, deadLetterTopicOf(schema)], topics);
        // No `retries`: kafkajs must not give up ordering for them (its idempotence), and we begin anew anyway.
        producer = kafka.producer({
          idempotent: true,
          maxInFlightRequests: 1,
          createPartitioner: Partitioners.DefaultPartitioner,
          allowAutoTopicCreation: false,
        });
        await producer.connect();
        failures = 0;
        await relay(client, producer);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ err: error, failures: ++failures }, 'events could not be carried to Kafka; they are sent again');
        await backOff(failures, { first: 100, most: 5_000 }, stopping.signal).catch(() => undefined);
      } finally {
        await producer?.disconnect().catch(() => undefined);
        await client?.end().catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    noteHead({ pos }) {
      if (pos > position) waker.wake();
    },
    async stop() {
      stopping.abort();
      waker.wake();
      unwatch();
      // A send that waits for a broker which does not come would keep us for ever.
      const cut = setTimeout(() => void producer?.disconnect().catch(() => undefined), 3_000);
      await running;
      clearTimeout(cut);
    },
  };
}

interface QueuedEvent extends OutgoingEvent {
  pos: number;
}

/** PostgreSQL writes the times as they are sent: on its own core, and cheaper than a Date between. */
async function readLog(client: Client, after: number, source: string): Promise<QueuedEvent[]> {
  const { rows } = await client.query<QueuedEvent>({
    name: 'read-log',
    text: `select pos::float8 as pos, event_id as id, type, key, to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as time, data::text as data, traceparent
      from bus_log where pos > $1 order by bus_log.pos limit ${page}`,
    values: [after],
  });
  for (const row of rows) row.source = source;
  return rows;
}

/** In order, each part at most `bytes` long, and never empty. */
function cutInto(events: readonly QueuedEvent[], bytes: number): QueuedEvent[][] {
  const parts: QueuedEvent[][] = [];
  let part: QueuedEvent[] = [];
  let size = 0;
  for (const event of events) {
    const length = Buffer.byteLength(event.data) + 300; // headers and framing
    if (part.length > 0 && size + length > bytes) {
      parts.push(part);
      part = [];
      size = 0;
    }
    part.push(event);
    size += length;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

async function takeLock(client: Client, schema: string): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock(hashtext($1), 2) as taken', [`opora/relay/${schema}`]);
  return rows[0]?.taken === true;
}

async function openPosition(client: Client): Promise<number> {
  await client.query(`insert into relay_position (name, pos) values ('kafka', 0) on conflict do nothing`);
  const { rows } = await client.query<{ pos: number }>(`select pos::float8 as pos from relay_position where name = 'kafka'`);
  return rows[0]?.pos ?? 0;
}

async function storePosition(client: Client, from: number, to: number): Promise<void> {
  const { rowCount } = await client.query({
    name: 'store-position',
    text: `update relay_position set pos = $1 where name = 'kafka' and pos = $2`,
    values: [to, from],
  });
  if (rowCount !== 1) throw new Error('Somebody else moved the position of the relay.');
}

function watchQueue(database: OpenDatabase, metrics: Metrics): () => void {
  const labels = { service: database.schema, queue: 'relay' };
  const stops = [
    metrics.queueDepth.read(async () => {
      const [row] = await database.query<{ value: number }>(
        sql`select count(*)::int as value from bus_log where pos > (select coalesce(max(pos), 0) from relay_position where name = 'kafka')`,
      );
      return [{ labels, value: row?.value ?? 0 }];
    }),
    metrics.queueAge.read(async () => {
      const [row] = await database.query<{ value: number }>(sql`select coalesce(extract(epoch from clock_timestamp() - (
        select appended_at from bus_log where pos > (select coalesce(max(pos), 0) from relay_position where name = 'kafka') order by pos limit 1)), 0)::float8 as value`);
      return [{ labels, value: row?.value ?? 0 }];
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
