import { Kafka, logLevel, type Message, Partitioners } from 'kafkajs';
import pg from 'pg';
import type { Connection } from '../../platform/postgres/connection.ts';

/** In another order among keys, in the same order for each key: what a topic's partitions allow. */
export function shuffleAmongKeys<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  const lanes = new Map<string, Item[]>();
  for (const item of items) lanes.set(keyOf(item), [...(lanes.get(keyOf(item)) ?? []), item]);
  const turns = items.map((item) => ({ key: keyOf(item), at: Math.random() })).sort((one, other) => one.at - other.at);
  return turns.flatMap(({ key }) => lanes.get(key)?.shift() ?? []);
}

const chunk = 50;

/** Announces every event that is in a log once more, through the outbox: there is no other way onto the bus of a hub in one process. */
export async function repeatThroughOutbox(connection: Connection): Promise<number> {
  return withClient(connection, async (client) => {
    let count = 0;
    for (const schema of await listSchemas(client)) {
      const { rows } = await client.query<{ pos: string; key: string }>(
        `select min(pos)::text as pos, min(key) as key from ${schema}.bus_log group by event_id order by min(pos)`,
      );
      const shuffled = shuffleAmongKeys(rows, ({ key }) => key);
      for (let start = 0; start < shuffled.length; start += chunk) {
        const { rowCount } = await client.query(
          `insert into ${schema}.outbox (event_id, type, key, time, data, traceparent) select event_id, type, key, time, data, traceparent
            from unnest($1::bigint[]) with ordinality as wanted(pos, turn) join ${schema}.bus_log using (pos) order by turn`,
          [shuffled.slice(start, start + chunk).map(({ pos }) => pos)],
        );
        count += rowCount ?? 0;
      }
    }
    return count;
  });
}

/** Whether everything that was committed has come onto the bus: the outboxes are empty and, where there is a relay, it has carried all. */
export async function isAnnounced(connection: Connection, hasRelay: boolean): Promise<boolean> {
  return withClient(connection, async (client) => {
    for (const schema of await listSchemas(client)) {
      const { rows } = await client.query<{ waiting: boolean }>(
        `select exists (select from ${schema}.outbox) or ($1 and
          coalesce((select max(pos) from ${schema}.bus_log), 0) > coalesce((select max(pos) from ${schema}.relay_position), 0)) as waiting`,
        [hasRelay],
      );
      if (rows[0]?.waiting !== false) return false;
    }
    return true;
  });
}

/** Sends every message of the services' topics once more, as it is, behind what is there. */
export async function repeatThroughKafka(brokers: string): Promise<number> {
  const kafka = openKafka(brokers);
  const found = await readTopics(kafka);
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false });
  await producer.connect();
  try {
    for (const [topic, messages] of found) {
      const shuffled = shuffleAmongKeys(messages, ({ key }) => String(key));
      for (let start = 0; start < shuffled.length; start += chunk) {
        await producer.send({ topic, acks: -1, messages: shuffled.slice(start, start + chunk) });
      }
    }
  } finally {
    await producer.disconnect();
  }
  return [...found.values()].reduce((sum, messages) => sum + messages.length, 0);
}

/** Whether every group of a service has committed all that its topics hold. */
export async function isHeard(brokers: string): Promise<boolean> {
  const admin = openKafka(brokers).admin();
  await admin.connect();
  try {
    const { groups } = await admin.listGroups();
    for (const { groupId } of groups.filter((group) => /^[a-z]+\.[a-z-]+$/.test(group.groupId))) {
      for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
        const committed = new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
        for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
          if (Number(high) > Math.max(0, committed.get(partition) ?? 0)) return false;
        }
      }
    }
    return true;
  } finally {
    await admin.disconnect();
  }
}

async function readTopics(kafka: Kafka): Promise<Map<string, Message[]>> {
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => /^opora\.[a-z]+\.v1$/.test(topic));
  const ends = new Map<string, number>();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) if (low !== high) ends.set(`${topic}/${partition}`, Number(high));
  }
  await admin.disconnect();

  const found = new Map<string, Message[]>(topics.map((topic) => [topic, []]));
  const consumer = kafka.consumer({ groupId: `test-${process.pid}-${Date.now()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const note = (place: string, next: number) => {
        if (next >= (ends.get(place) ?? 0)) ends.delete(place);
        if (ends.size === 0) resolve();
      };
      consumer
        .run({
          eachMessage: async ({ topic, partition, message: { key, value, headers, offset } }) => {
            const place = `${topic}/${partition}`;
            if (ends.has(place)) found.get(topic)?.push({ key, value, ...(headers && { headers }) });
            note(place, Number(offset) + 1);
          },
        })
        .catch(reject);
      note('', 0);
    });
  } finally {
    await consumer.disconnect();
  }
  return found;
}

function openKafka(brokers: string): Kafka {
  return new Kafka({ brokers: [brokers], clientId: 'test', logLevel: logLevel.NOTHING });
}

async function listSchemas(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ schema: string }>(
    `select table_schema::text as schema from information_schema.tables where table_name = 'bus_log' order by 1`,
  );
  return rows.map(({ schema }) => schema);
}

async function withClient<Result>(connection: Connection, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
