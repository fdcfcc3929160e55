import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { Clock } from '../clock/clock.ts';
import { AppError } from '../errors/app-error.ts';
import { exactly, sql } from '../postgres/sql.ts';
import { backOff } from './back-off.ts';
import { fromMessage, isUnreadable, typeOf } from './cloud-event.ts';
import type { Envelope } from './event.ts';
import { type RunningSubscription, type SubscriberOptions, sourceOf } from './event-log.ts';
import { followGroup } from './follow-group.ts';
import { ensureTopics, type TopicSettings, topicOf } from './kafka-topics.ts';
import { deliver, type Lane } from './lane.ts';
import { createPartitionLanes } from './partition-lanes.ts';
import { watchConsumer } from './watch-consumer.ts';

export interface KafkaSubscriberOptions extends SubscriberOptions {
  kafka: Kafka;
  topics: TopicSettings;
  clock: Clock;
  log: Logger;
  /** Called when the consumer neither fetches nor beats any more and does not say why: only a new process helps. */
  onStalled(reason: string): void;
}

/**
 * One member of the group `service.subscription`. The effect of events and their inbox rows are one commit, and only then the offset is committed: what Kafka
 * hands over again has had its effect, and the inbox says so. While something that `handle` needs is unavailable, its partition rests and the others go on.
 */
export function startKafkaSubscriber(options: KafkaSubscriberOptions): RunningSubscription {
  const { database, subscription, kafka, topics, clock, log, onStalled } = options;
  const groupId = `${database.schema}.${subscription.name}`;
  const wanted = new Set<string>(subscription.types);
  const names = [...new Set(subscription.types.map(sourceOf))].map(topicOf);
  const stopping = new AbortController();
  const progress = followGroup({ kafka, groupId, topics: names, clock, log });
  let consumer: Consumer | undefined;

  const lanes = createPartitionLanes({
    size: subscription.batch ?? 500,
    log,
    async handle(messages, { topic, partition }, signal) {
      const { events, check } = readEvents(messages, topic, partition);
      if (events.length > 0) await deliver(openLane(check, signal), events);
    },
  });

  /** Each wanted event once, and what is no event at all, for `check` to refuse. */
  function readEvents(messages: EachBatchPayload['batch']['messages'], topic: string, partition: number) {
    const events = new Map<string, Envelope>();
    const refusals = new Map<string, string>();
    const place = { topic, partition, source: sourceOf(topic) };
    for (const message of messages) {
      const type = typeOf(message);
      if (type !== undefined && !wanted.has(type)) continue;
      const read = fromMessage(message, place);
      if (isUnreadable(read)) {
        events.set(read.event.id, read.event);
        refusals.set(read.event.id, read.reason);
      } else if (!events.has(read.id)) events.set(read.id, read);
    }
    const check = (event: Envelope) => {
      const reason = refusals.get(event.id);
      if (reason !== undefined) throw new AppError('invalid_input', reason);
      options.check(event);
    };
    return { events: [...events.values()], check };
  }

  function openLane(check: Lane['check'], signal: AbortSignal): Lane {
    return {
      ...options,
      check,
      signal,
      mark: (events) =>
        exactly(
          events.length,
          sql`insert into inbox (subscription, event_id) select ${subscription.name}, id from unnest(${events.map(({ id }) => id)}::uuid[]) as i(id) returning 1`,
        ),
      async remaining(events) {
        const rows = await database.query<{ id: string }>(
          sql`select event_id as id from inbox where subscription = ${subscription.name} and event_id = any(${events.map(({ id }) => id)}::uuid[])`,
        );
        const handled = new Set(rows.map(({ id }) => id));
        return events.filter(({ id }) => !handled.has(id));
      },
    };
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        await ensureTopics(kafka, names, topics);
        consumer = kafka.consumer({
          groupId,
          sessionTimeout: 6_000,
          heartbeatInterval: 1_500,
          rebalanceTimeout: 30_000,
          maxWaitTimeInMs: 500,
          allowAutoTopicCreation: false,
        });
        const watch = watchConsumer(consumer, { log, onStalled: (reason) => onStalled(`${groupId}: ${reason}`) });
        consumer.on(consumer.events.GROUP_JOIN, lanes.forget);
        try {
          await consumer.connect();
          await consumer.subscribe({ topics: names, fromBeginning: true });
          await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 4, eachBatch: lanes.take });
          failures = 0;
          await Promise.race([watch.crashed, stopped]);
        } finally {
          watch.stop();
          lanes.forget();
          await consumer.disconnect();
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ err: error, failures: ++failures }, 'a consumer of Kafka ended; another one begins');
        await backOff(failures, { first: 200, most: 5_000 }, stopping.signal).catch(() => undefined);
      }
    }
  }

  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  const running = run();
  return {
    caughtUpAt: progress.caughtUpAt,
    lag: progress.lag,
    async stop() {
      stopping.abort();
      await lanes.stop();
      await Promise.all([running, progress.stop()]);
    },
  };
}
