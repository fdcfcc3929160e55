import type { Envelope } from '../../platform/bus/event.ts';
import type { EventTail, TailPosition } from '../../platform/bus/event-log.ts';

export type HearEvent = (event: Envelope, position: TailPosition) => void;

/** All events as they come, followed once for everybody who reads, and the latest of them kept so that a reader who was away for a moment misses none. */
export interface RecentEvents {
  /**
   * Events from now on, or after `from`. A position that is no longer kept is read again from the log, by this reader alone.
   * Throws AppError `invalid_input` for a position that the log does not know.
   */
  follow(from: TailPosition | undefined, hear: HearEvent): Promise<{ stop(): Promise<void> }>;
  stop(): Promise<void>;
}

const keptEvents = 5_000;
/** Following goes on for a while after the last reader has left: pages are reloaded. */
const lingerMilliseconds = 60_000;

export function createRecentEvents(tail: EventTail, sources: readonly string[]): RecentEvents {
  const readers = new Set<HearEvent>();
  let kept: { event: Envelope; position: TailPosition }[] = [];
  let following: Promise<{ stop(): Promise<void> }> | undefined;
  let linger: NodeJS.Timeout | undefined;

  function begin(): Promise<{ stop(): Promise<void> }> {
    clearTimeout(linger);
    following ??= tail({
      sources,
      onEvent(event, position) {
        kept.push({ event, position });
        if (kept.length >= 2 * keptEvents) kept = kept.slice(-keptEvents);
        for (const hear of readers) hear(event, position);
      },
    });
    return following;
  }

  async function stop(): Promise<void> {
    clearTimeout(linger);
    const ending = following;
    following = undefined;
    kept = [];
    await (await ending)?.stop();
  }

  return {
    async follow(from, hear) {
      if (from !== undefined) {
        const index = kept.findLastIndex(({ position }) => position === from);
        if (index === -1) return tail({ sources, from, onEvent: hear });
        for (const { event, position } of kept.slice(index + 1)) hear(event, position);
      }
      readers.add(hear);
      const leave = async () => {
        readers.delete(hear);
        if (readers.size === 0) linger = setTimeout(() => void stop(), lingerMilliseconds).unref();
      };
      try {
        await begin();
      } catch (error) {
        following = undefined;
        await leave();
        throw error;
      }
      return { stop: leave };
    },
    stop,
  };
}
