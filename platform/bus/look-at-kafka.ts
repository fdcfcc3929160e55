import type { Admin } from 'kafkajs';
import { type KafkaOptions, openKafka } from './open-kafka.ts';

/** A connection of its own, only to see whether a broker answers. */
export function lookAtKafka({ log, ...options }: KafkaOptions): { look(): Promise<void>; stop(): Promise<void> } {
  // Those who work with it say what they miss; a line for each look would only drown them.
  const kafka = openKafka({ ...options, log: log.child({}, { level: 'silent' }) });
  let admin: Admin | undefined;

  async function close(): Promise<void> {
    const closing = admin;
    admin = undefined;
    await closing?.disconnect().catch(() => undefined);
  }

  return {
    async look() {
      try {
        if (!admin) {
          admin = kafka.admin({ retry: { retries: 0 } });
          await admin.connect();
        }
        await admin.describeCluster();
      } catch (error) {
        await close();
        throw error;
      }
    },
    stop: close,
  };
}
