import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { Clock } from '../clock/clock.ts';
import { AppError, isAppError } from '../errors/app-error.ts';
import { exactly, sql } from '../postgres/sql.ts';
import { backOff } from './back-off.ts';
import { fromMessage, isUnreadable, typeOf } from './cloud-event.ts';
import type { Envelope } from './event.ts';
import { type RunningSubscription, type SubscriberOptions, sourceOf } from './event-log.ts';
import { followGroup } from './follow-group.ts';
import { whileBeating } from './heartbeat.ts';
import { ensureTopics, type TopicSettings, topicOf } from './kafka-topics.ts';
import { deliver, type Lane } from './lane.ts';
import { watchConsumer } from './watch-consumer.ts';

export interface KafkaSubscriberOptions extends SubscriberOptions {
  kafka: Kafka;
  topics: TopicSettings;
  clock: Clock;
  log: Logger;
  /** Called when the consumer neither fetches nor beats any more and does not say why: only a new process helps. */
  onStalled(reason: string): void;
}

/** Partitions that are worked on at the same time; each has its own order. */
const atOnce = 4;
const resumeBackOff = { first: 100, most: 5_000 };

/**
 * One member of the group `service.subscription`. The effect of events and their inbox rows are one commit, and only then the offset is committed: what Kafka
 * hands over again has had its effect, and the inbox says so. While something that `handle` needs is unavailable, its partition rests and the others go on.
 */
export function startKafkaSubscriber(options: KafkaSubscriberOptions): RunningSubscription {
  const { database, subscription, kafka, topics, clock, log, onStalled } = options;
  const groupId = `${database.schema}.${subscription.name}`;
  const wanted = new Set<string>(subscription.types);
  const names = [...new Set(subscription.types.map(sourceOf))].map(topicOf);
  const size = subscription.batch ?? 500;
  const stopping = new AbortController();
  const resting = new Map<string, { failures: number; timer: NodeJS.Timeout }>();
  const progress = followGroup({ kafka, groupId, topics: names, clock, log });
  let consumer: Consumer | undefined;

  async function handleBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, resolveOffset, commitOffsetsIfNecessary, isRunning, isStale } = payload;
    const { topic, partition } = batch;
    for (let start = 0; start < batch.messages.length; start += size) {
      if (!isRunning() || isStale() || stopping.signal.aborted) return;
      const messages = batch.messages.slice(start, start + size);
      const last = messages.at(-1)?.offset ?? batch.lastOffset();
      const { events, check } = readEvents(messages, topic, partition);
      try {
        if (events.length > 0) await whileBeating(heartbeat, stopping.signal, (signal) => deliver(openLane(check, signal), events));
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (!isAppError(error, 'unavailable')) throw error;
        rest(payload);
        return;
      }
      resting.delete(`${topic}/${partition}`);
      resolveOffset(last);
      await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(BigInt(last) + 1n) }] }] });
      await heartbeat();
    }
  }

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

  function rest({ batch: { topic, partition }, pause }: EachBatchPayload): void {
    const place = `${topic}/${partition}`;
    const failures = (resting.get(place)?.failures ?? 0) + 1;
    const resume = pause();
    const full = Math.min(resumeBackOff.most, resumeBackOff.first * 2 ** (failures - 1));
    const timer = setTimeout(resume, full * (0.5 + Math.random() / 2));
    resting.set(place, { failures, timer });
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
        try {
          await consumer.connect();
          await consumer.subscribe({ topics: names, fromBeginning: true });
          await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: atOnce, eachBatch: handleBatch });
          failures = 0;
          await Promise.race([watch.crashed, stopped]);
        } finally {
          watch.stop();
          for (const { timer } of resting.values()) clearTimeout(timer);
          resting.clear();
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
      await Promise.all([running, progress.stop()]);
    },
  };
}
