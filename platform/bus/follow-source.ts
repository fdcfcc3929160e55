import { isAppError } from '../errors/app-error.ts';
import type { Database } from '../postgres/database.ts';
import { exactly, type Statement, sql } from '../postgres/sql.ts';
import { backOff } from './back-off.ts';
import type { Envelope } from './event.ts';
import type { LogHead } from './event-log.ts';
import { deliver, type Lane } from './lane.ts';
import type { Heads } from './log-heads.ts';
import type { LoggedEvent, LogPages } from './log-pages.ts';
import { createWaker } from './waker.ts';

export interface SourceFollower {
  caughtUpAt(): number;
  lag(): number;
  stop(): Promise<void>;
}

interface FollowOptions extends Omit<Lane, 'signal' | 'mark' | 'marked' | 'remaining'> {
  source: string;
  pages: LogPages;
  heads: Heads;
}

/** How far a subscription may read past events that it did not ask for without storing its position. */
const unstored = 1_000;

/** Carries one source's events into one subscription, from its stored position on. */
export function followSource(options: FollowOptions): SourceFollower {
  const { database, subscription, source, pages, heads, log } = options;
  const wanted = new Set<string>(subscription.types);
  const batch = subscription.batch ?? 500;
  const stopping = new AbortController();
  const waker = createWaker();
  const places = new Map<string, number>();
  let stored = 0;
  let read = 0;
  let head: LogHead = { pos: 0 };
  let caughtUpAt = 0;
  let opened = false;

  const lane: Lane = {
    ...options,
    signal: stopping.signal,
    mark: (events) => advance(subscription.name, source, stored, lastPlace(events)),
    marked: (events) => {
      stored = lastPlace(events);
    },
    async remaining(events) {
      stored = await readPosition(database, subscription.name, source);
      return events.filter(({ id }) => (places.get(id) ?? 0) > stored);
    },
  };
  const lastPlace = (events: readonly Envelope[]) => places.get(events.at(-1)?.id ?? '') ?? stored;

  const noteCaughtUp = () => {
    if (opened && head.drainedAt !== undefined && read >= head.pos) caughtUpAt = head.drainedAt;
  };
  const unwatch = heads.watch(source, (told) => {
    head = told;
    noteCaughtUp();
    if (!opened || read < told.pos) waker.wake();
  });

  async function handlePage(page: readonly LoggedEvent[]): Promise<void> {
    places.clear();
    for (const { pos, event } of page) places.set(event.id, pos);
    const events = page.flatMap(({ event }) => (wanted.has(event.type) ? [event] : []));
    const end = page.at(-1)?.pos ?? read;
    if (events.length > 0) await deliver(lane, events);
    else if (end - stored > unstored) {
      await database.commit({ statements: [advance(subscription.name, source, stored, end)] });
      stored = end;
    }
    // Somebody else may have moved the position meanwhile, which `remaining` has seen.
    read = Math.max(end, stored);
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        if (!opened) {
          stored = read = await openPosition(database, subscription.name, source);
          opened = true;
        }
        noteCaughtUp();
        if (read >= head.pos) {
          await waker.wait(60_000);
          continue;
        }
        const known = head.pos;
        const page = await pages.read(source, read, known);
        if (page.length > 0) await handlePage(page.slice(0, batch));
        else read = known; // what lay between is no longer kept
        failures = 0;
      } catch (error) {
        if (stopping.signal.aborted) return;
        opened = false;
        log[isAppError(error) ? 'debug' : 'warn']({ err: error, source }, 'a log could not be followed; it is tried again');
        await backOff(++failures, { first: 100, most: 5_000 }, stopping.signal).catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    caughtUpAt: () => caughtUpAt,
    lag: () => Math.max(0, head.pos - read),
    async stop() {
      stopping.abort();
      waker.wake();
      unwatch();
      await running;
    },
  };
}

function advance(subscription: string, source: string, from: number, to: number): Statement {
  return exactly(
    1,
    sql`update subscription_position set pos = ${to}::bigint where subscription = ${subscription} and source = ${source} and pos = ${from}::bigint returning 1`,
  );
}

/** A new subscription hears the whole log that is kept. */
async function openPosition(database: Database, subscription: string, source: string): Promise<number> {
  await database.commit({
    statements: [sql`insert into subscription_position (subscription, source, pos) values (${subscription}, ${source}, 0) on conflict do nothing`],
  });
  return readPosition(database, subscription, source);
}

async function readPosition(database: Database, subscription: string, source: string): Promise<number> {
  const [row] = await database.query<{ pos: number }>(
    sql`select pos::float8 as pos from subscription_position where subscription = ${subscription} and source = ${source}`,
  );
  return row?.pos ?? 0;
}
