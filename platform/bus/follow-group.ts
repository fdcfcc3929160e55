import type { Admin, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { Clock } from '../clock/clock.ts';
import { createWaker } from './waker.ts';

export interface GroupProgress {
  caughtUpAt(): number;
  lag(): Promise<number>;
  stop(): Promise<void>;
}

/** While somebody asks, the group is looked at this often; otherwise hardly ever. */
const busy = 250;
const idle = 5_000;
const asked = 2_000;
/** How long an event may be on its way from its commit to the topic's end. */
const carrying = 100;

type Ends = Map<string, number>;

/**
 * How far a whole consumer group is, all its members in all processes: it had caught up at a moment when it has committed all that the topics held then.
 */
export function followGroup(options: { kafka: Kafka; groupId: string; topics: readonly string[]; clock: Clock; log: Logger }): GroupProgress {
  const { kafka, groupId, topics, clock, log } = options;
  const waker = createWaker();
  let stopped = false;
  let caughtUpAt = 0;
  let lastAsked = Number.NEGATIVE_INFINITY;
  let pending: { at: number; ends: Ends } | undefined;
  let admin: Admin | undefined;

  async function openAdmin(): Promise<Admin> {
    if (admin) return admin;
    const opened = kafka.admin();
    await opened.connect();
    admin = opened;
    return opened;
  }

  async function look(): Promise<void> {
    const opened = await openAdmin();
    pending ??= { at: clock.now(), ends: await readEnds(opened, topics) };
    const committed = await readCommitted(opened, groupId, topics);
    if (countBehind(pending.ends, committed) > 0) return;
    caughtUpAt = pending.at - carrying;
    pending = undefined;
  }

  async function run(): Promise<void> {
    while (!stopped) {
      try {
        await look();
      } catch (error) {
        log.debug({ err: error, groupId }, 'how far the group is could not be read');
        await admin?.disconnect().catch(() => undefined);
        admin = undefined;
      }
      await waker.wait(performance.now() - lastAsked < asked ? busy : idle);
    }
    await admin?.disconnect().catch(() => undefined);
  }

  const running = run();
  return {
    caughtUpAt() {
      if (performance.now() - lastAsked > asked) waker.wake();
      lastAsked = performance.now();
      return caughtUpAt;
    },
    async lag() {
      const opened = await openAdmin();
      return countBehind(await readEnds(opened, topics), await readCommitted(opened, groupId, topics));
    },
    async stop() {
      stopped = true;
      waker.wake();
      await running;
    },
  };
}

/** By `topic/partition`: the offset after the last message; empty partitions are left out. */
async function readEnds(admin: Admin, topics: readonly string[]): Promise<Ends> {
  const ends: Ends = new Map();
  await Promise.all(
    topics.map(async (topic) => {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        if (high !== low) ends.set(`${topic}/${partition}`, Number(high));
      }
    }),
  );
  return ends;
}

async function readCommitted(admin: Admin, groupId: string, topics: readonly string[]): Promise<Ends> {
  const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
  return new Map(committed.flatMap(({ topic, partitions }) => partitions.map(({ partition, offset }) => [`${topic}/${partition}`, Number(offset)])));
}

function countBehind(ends: Ends, committed: Ends): number {
  let behind = 0;
  for (const [place, end] of ends) behind += Math.max(0, end - Math.max(0, committed.get(place) ?? 0));
  return behind;
}
