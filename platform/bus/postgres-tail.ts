import type { Logger } from 'pino';
import { backOff } from './back-off.ts';
import type { EventTail, TailPosition } from './event-log.ts';
import type { Heads } from './log-heads.ts';
import type { LogPages } from './log-pages.ts';
import { createWaker } from './waker.ts';

type TailOptions = Parameters<EventTail>[0] & { pages: LogPages; heads: Heads; log: Logger };

/** Follows several logs at once; the position names the place in each: `sla:17.tickets:230`. */
export async function tailPages({ sources, from, onEvent, pages, heads, log }: TailOptions): Promise<{ stop(): Promise<void> }> {
  const given = readTailPosition(from);
  const places = new Map<string, number>();
  await Promise.all(sources.map(async (source) => places.set(source, given.get(source) ?? (await pages.readHead(source)))));
  const stopping = new AbortController();
  const stops = sources.map((source) => follow(source));

  function follow(source: string): () => Promise<void> {
    const waker = createWaker();
    let head = 0;
    const unwatch = heads.watch(source, ({ pos }) => {
      head = pos;
      if (pos > (places.get(source) ?? 0)) waker.wake();
    });

    async function run(): Promise<void> {
      for (let failures = 0; !stopping.signal.aborted; ) {
        const place = places.get(source) ?? 0;
        if (place >= head) {
          await waker.wait(60_000);
          continue;
        }
        try {
          const known = head;
          const page = await pages.read(source, place, known);
          failures = 0;
          if (page.length === 0) places.set(source, known);
          for (const { pos, event } of page) {
            if (stopping.signal.aborted) return;
            places.set(source, pos);
            onEvent(event, writeTailPosition(places));
          }
        } catch (error) {
          log.warn({ err: error, source }, 'a log could not be followed; it is tried again');
          await backOff(++failures, { first: 100, most: 5_000 }, stopping.signal).catch(() => undefined);
        }
      }
    }

    const running = run();
    return async () => {
      unwatch();
      waker.wake();
      await running;
    };
  }

  return {
    async stop() {
      stopping.abort();
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

function writeTailPosition(places: ReadonlyMap<string, number>): TailPosition {
  return [...places].map(([source, pos]) => `${source}:${pos}`).join('.');
}

/** It comes back from outside: what cannot be read is left out, and that source is followed from now on. */
function readTailPosition(position: TailPosition | undefined): Map<string, number> {
  const places = (position ?? '').split('.').flatMap((place): [string, number][] => {
    const [, source, pos] = /^([a-z_]+):(\d{1,15})$/.exec(place) ?? [];
    return source !== undefined && pos !== undefined ? [[source, Number(pos)]] : [];
  });
  return new Map(places);
}
