import type { EachBatchPayload } from 'kafkajs';
import type { Logger } from 'pino';

interface Place {
  topic: string;
  partition: number;
  /** Of the next message. */
  offset: string;
}

type Commit = EachBatchPayload['commitOffsetsIfNecessary'];

export interface OffsetCommits {
  /** All before this offset has had its effect; the broker is told soon. */
  note(place: Place, commit: Commit): void;
  /** The group is divided anew: what was not told yet is no longer ours to tell. */
  forget(): void;
  /** Tells the broker what it was not told yet. */
  close(): Promise<void>;
}

const interval = 100;

/**
 * Tells the broker ten times a second how far a consumer is, instead of after each batch: an offset only says where a successor begins, and what comes to that one
 * again has its row in the inbox. Waiting for the broker after each batch was a round trip for every one of them.
 */
export function createOffsetCommits(log: Logger): OffsetCommits {
  const noted = new Map<string, Place>();
  let send: Commit | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const places = [...noted.values()];
    noted.clear();
    if (places.length === 0) return;
    const topics = [...new Set(places.map(({ topic }) => topic))].map((topic) => ({
      topic,
      partitions: places.filter((place) => place.topic === topic).map(({ partition, offset }) => ({ partition, offset })),
    }));
    try {
      await send?.({ topics });
    } catch (error) {
      log.debug({ err: error }, 'offsets could not be committed; they are told again');
      for (const place of places) if (!noted.has(keyOf(place))) noted.set(keyOf(place), place);
      timer ??= setTimeout(() => void flush(), 10 * interval);
    }
  }

  return {
    note(place, commit) {
      noted.set(keyOf(place), place);
      send = commit;
      timer ??= setTimeout(() => void flush(), interval);
    },
    forget() {
      clearTimeout(timer);
      timer = undefined;
      noted.clear();
    },
    async close() {
      await flush();
      clearTimeout(timer);
    },
  };
}

function keyOf({ topic, partition }: Place): string {
  return `${topic}/${partition}`;
}
