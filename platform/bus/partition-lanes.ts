import type { EachBatchPayload } from 'kafkajs';
import type { Logger } from 'pino';
import { isAppError } from '../errors/app-error.ts';
import { backOff } from './back-off.ts';
import { whileBeating } from './heartbeat.ts';
import { createOffsetCommits } from './offset-commits.ts';
import { createTurns } from './turns.ts';

export interface PartitionLanesOptions {
  /** Has done everything with these messages when it resolves; until then it is called again with them. */
  handle(messages: EachBatchPayload['batch']['messages'], place: { topic: string; partition: number }, signal: AbortSignal): Promise<void>;
  /** Most messages for one call of `handle`. */
  size: number;
  log: Logger;
}

export interface PartitionLanes {
  /** As kafkajs' `eachBatch`, with `eachBatchAutoResolve` and `autoCommit` off. */
  take(payload: EachBatchPayload): Promise<void>;
  /** The group is divided anew: what is under way ends, and what was not committed comes again, here or elsewhere. */
  forget(): void;
  /** Ends after what is under way. */
  stop(): Promise<void>;
}

/** Work on so many partitions at the same time. */
const atOnce = 4;

interface Lane {
  done: Promise<void>;
  /** Resolves when it has to wait for something that is unavailable. */
  resting: Promise<void>;
  resume?: () => void;
}

/**
 * Works on a batch of each partition while the consumer fetches and decodes the next one. A partition keeps its order: its next batch waits for the one before, and
 * one that has to wait for something unavailable pauses, so that the others go on. Whoever works on a partition begins where all before has had its effect
 * and leaves nothing out; so two who for a moment both believe to own it cannot turn the order round, and the inbox keeps them from doing anything twice.
 */
export function createPartitionLanes({ handle, size, log }: PartitionLanesOptions): PartitionLanes {
  const lanes = new Map<string, Lane>();
  const takeTurn = createTurns(atOnce);
  const offsets = createOffsetCommits(log);
  let assignment = new AbortController();

  function begin({ batch, commitOffsetsIfNecessary }: EachBatchPayload, signal: AbortSignal): Lane {
    const { topic, partition, messages } = batch;
    let rest = () => {};
    const resting = new Promise<void>((resolve) => {
      rest = resolve;
    });

    async function work(): Promise<void> {
      for (let start = 0, failures = 0; start < messages.length; ) {
        signal.throwIfAborted();
        try {
          await takeTurn(() => handle(messages.slice(start, start + size), { topic, partition }, signal));
          start += size;
          failures = 0;
        } catch (error) {
          signal.throwIfAborted();
          if (!isAppError(error, 'unavailable')) log.error({ err: error, topic, partition }, 'messages could not be handled; they are tried again');
          rest();
          await backOff(++failures, { first: 100, most: 5_000 }, signal);
        }
      }
      offsets.note({ topic, partition, offset: String(BigInt(batch.lastOffset()) + 1n) }, commitOffsetsIfNecessary);
    }

    const done = work().catch((error: unknown) => {
      if (!signal.aborted) log.error({ err: error, topic, partition }, 'a batch was given up; its messages come again');
    });
    return { done, resting };
  }

  return {
    async take(payload) {
      const { batch, heartbeat, pause, resolveOffset, isRunning, isStale } = payload;
      const place = `${batch.topic}/${batch.partition}`;
      const { signal } = assignment;
      const before = lanes.get(place);
      if (before) {
        await whileBeating(heartbeat, signal, () => Promise.race([before.done, before.resting]));
        if (lanes.get(place) === before) {
          before.resume = pause();
          return;
        }
      }
      if (!isRunning() || isStale() || signal.aborted) return;
      const lane = begin(payload, signal);
      lanes.set(place, lane);
      void lane.done.then(() => {
        if (lanes.get(place) === lane) lanes.delete(place);
        lane.resume?.();
      });
      resolveOffset(batch.lastOffset());
      await heartbeat();
    },
    forget() {
      offsets.forget();
      assignment.abort();
      assignment = new AbortController();
      lanes.clear();
    },
    async stop() {
      const running = [...lanes.values()];
      assignment.abort();
      await Promise.all(running.map(({ done }) => done));
      await offsets.close();
    },
  };
}
