import { randomUUID } from 'node:crypto';
import type { Consumer, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { backOff } from './back-off.ts';
import { fromMessage, isUnreadable } from './cloud-event.ts';
import type { EventTail, TailPosition } from './event-log.ts';
import { sourceOf } from './event-log.ts';
import { ensureTopics, type TopicSettings, topicOf } from './kafka-topics.ts';
import { watchConsumer } from './watch-consumer.ts';

type TailOptions = Parameters<EventTail>[0] & { kafka: Kafka; topics: TopicSettings; log: Logger };

/** For each source the next offset of each of its partitions. */
type Places = Map<string, number[]>;

/** Follows topics in a group of its own, which commits nothing; the position names the next offset of each partition: `sla:17,4.tickets:230,0`. */
export async function tailKafka({ sources, from, onEvent, kafka, topics, log }: TailOptions): Promise<{ stop(): Promise<void> }> {
  const names = sources.map(topicOf);
  const places = await findPlaces();
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));

  /** A topic that was only just made has no leader for a moment, and Kafka itself may still be starting. */
  async function findPlaces(): Promise<Places> {
    for (let failures = 1; ; failures++) {
      try {
        return await openPlaces();
      } catch (error) {
        if (failures > 8) throw error;
        log.debug({ err: error, failures }, 'the topics to follow are not there yet');
        await backOff(failures, { first: 200, most: 5_000 });
      }
    }
  }

  async function openPlaces(): Promise<Places> {
    await ensureTopics(kafka, names, topics);
    const given = readPosition(from);
    const admin = kafka.admin();
    await admin.connect();
    try {
      const opened: Places = new Map();
      for (const source of sources) {
        const ends = await admin.fetchTopicOffsets(topicOf(source));
        const offsets: number[] = [];
        // A place that is no longer kept, or was never there, would end the consumer.
        for (const { partition, low, high } of ends)
          offsets[partition] = Math.min(Number(high), Math.max(Number(low), given.get(source)?.[partition] ?? Number(high)));
        opened.set(source, offsets);
      }
      return opened;
    } finally {
      await admin.disconnect();
    }
  }

  async function follow(consumer: Consumer): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: names });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        const source = sourceOf(topic);
        const offsets = places.get(source) ?? [];
        for (const message of messages) {
          if (stopping.signal.aborted) return;
          if (Number(message.offset) < (offsets[partition] ?? 0)) continue;
          offsets[partition] = Number(message.offset) + 1;
          const read = fromMessage(message, { topic, partition, source });
          if (!isUnreadable(read)) onEvent(read, writePosition(places));
        }
      },
    });
    for (const [source, offsets] of places) {
      for (const [partition, offset] of offsets.entries()) consumer.seek({ topic: topicOf(source), partition, offset: String(offset) });
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const consumer = kafka.consumer({
        groupId: `opora.tail.${randomUUID()}`,
        sessionTimeout: 6_000,
        heartbeatInterval: 1_500,
        maxWaitTimeInMs: 500,
        allowAutoTopicCreation: false,
      });
      const watch = watchConsumer(consumer, { log, onStalled: () => void consumer.disconnect() });
      try {
        await follow(consumer);
        failures = 0;
        await Promise.race([watch.crashed, stopped]);
      } catch (error) {
        log.warn({ err: error, failures: ++failures }, 'a follower of Kafka ended; another one begins');
        await backOff(failures, { first: 200, most: 5_000 }, stopping.signal).catch(() => undefined);
      } finally {
        watch.stop();
        await consumer.disconnect().catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function writePosition(places: Places): TailPosition {
  return [...places].map(([source, offsets]) => `${source}:${offsets.join(',')}`).join('.');
}

/** It comes back from outside: what cannot be read is left out, and that source is followed from now on. */
function readPosition(position: TailPosition | undefined): Places {
  return new Map(
    (position ?? '').split('.').flatMap((place): [string, number[]][] => {
      const [, source, offsets] = /^([a-z_]+):(\d{1,15}(?:,\d{1,15}){0,999})$/.exec(place) ?? [];
      return source !== undefined && offsets !== undefined ? [[source, offsets.split(',').map(Number)]] : [];
    }),
  );
}
