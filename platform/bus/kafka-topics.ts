import type { Kafka } from 'kafkajs';

/** How topics are made that are not there yet. */
export interface TopicSettings {
  /** More of them can be worked on at once; raise it with care: a key's events may then come from two partitions. */
  partitions: number;
  replicationFactor: number;
}

/** Where a service's events go. */
export const topicOf = (service: string): string => `opora.${service}.v1`;

/** Where it is told which events a service could not handle. */
export const deadLetterTopicOf = (service: string): string => `opora.${service}.v1.dlq`;

const largestMessage = 8 * 1024 * 1024;

/** Makes the topics that are missing. Those that are there, perhaps made by an operator, stay as they are. */
export async function ensureTopics(kafka: Kafka, names: readonly string[], { partitions, replicationFactor }: TopicSettings): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const known = new Set(await admin.listTopics());
    const missing = names.filter((name) => !known.has(name));
    if (missing.length === 0) return;
    const configEntries = [
      { name: 'max.message.bytes', value: String(largestMessage) },
      ...(replicationFactor > 2 ? [{ name: 'min.insync.replicas', value: '2' }] : []),
    ];
    await admin.createTopics({
      topics: missing.map((topic) => ({ topic, numPartitions: partitions, replicationFactor, configEntries })),
      waitForLeaders: true,
    });
  } finally {
    await admin.disconnect();
  }
}
