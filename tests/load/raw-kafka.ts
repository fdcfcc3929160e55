import { type Kafka, type Message, Partitioners } from 'kafkajs';
import { newUuid } from '../../platform/clock/clock.ts';
import { type Spread, spreadOf } from './benchmark.ts';

const createPartitioner = Partitioners.DefaultPartitioner;

/** Sends the messages by kafkajs as it is, batch after batch; gives the seconds that it took. */
export async function sendRaw(kafka: Kafka, topic: string, messages: readonly Message[], batch: number): Promise<number> {
  // As the relay sends: in order, and no message twice.
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner, allowAutoTopicCreation: false });
  await producer.connect();
  const began = performance.now();
  for (let from = 0; from < messages.length; from += batch) {
    await producer.sendBatch({ acks: -1, topicMessages: [{ topic, messages: messages.slice(from, from + batch) }] });
  }
  const seconds = (performance.now() - began) / 1000;
  await producer.disconnect();
  return seconds;
}

/** Reads all that the topic holds by kafkajs as it is and does nothing with it; gives messages a second. */
export async function readRaw(kafka: Kafka, topic: string, total: number): Promise<number> {
  const consumer = kafka.consumer({ groupId: `raw-${newUuid()}`, maxWaitTimeInMs: 500, allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let read = 0;
  let began: number | undefined;
  const seconds = await new Promise<number>((resolve, reject) => {
    consumer
      .run({
        autoCommit: false,
        partitionsConsumedConcurrently: 4,
        eachBatch: async ({ batch: { messages } }) => {
          began ??= performance.now();
          read += messages.length;
          if (read >= total) resolve((performance.now() - began) / 1000);
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return read / seconds;
}

/** Milliseconds from the sending of a message to its hearing, by kafkajs as it is. */
export async function measureRawLatency(
  kafka: Kafka,
  topic: string,
  value: string,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Spread> {
  const samples: number[] = [];
  const sentAt = new Map<string, number>();
  const producer = kafka.producer({ createPartitioner, allowAutoTopicCreation: false });
  const consumer = kafka.consumer({ groupId: `raw-${newUuid()}`, maxWaitTimeInMs: 500, allowAutoTopicCreation: false });
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const at = sentAt.get(message.key?.toString() ?? '');
      if (at !== undefined) samples.push(performance.now() - at);
    },
  });
  const send = async () => {
    const key = newUuid();
    sentAt.set(key, performance.now());
    await producer.sendBatch({ acks: -1, topicMessages: [{ topic, messages: [{ key, value }] }] });
  };
  await send();
  while (samples.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const total = perSecond * seconds;
  const began = performance.now();
  const sends: Promise<void>[] = [];
  for (let index = 0; index < total; index++) {
    const early = (index * 1000) / perSecond - (performance.now() - began);
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    sends.push(send());
  }
  await Promise.all(sends);
  const end = performance.now() + 10_000;
  while (samples.length <= total && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  await consumer.disconnect();
  await producer.disconnect();
  if (samples.length < total * 0.95) throw new Error(`Only ${samples.length} messages of ${total} were heard.`);
  return spreadOf(samples.slice(perSecond));
}
