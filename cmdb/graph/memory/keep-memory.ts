import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { backOff } from '../../../platform/bus/back-off.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { outsideTransactions } from '../../../platform/postgres/run-transactions.ts';
import type { CompactGraph } from './compact-graph.ts';
import { readChanges, readHead } from './hear-changes.ts';
import { loadGraph } from './load-graph.ts';

export interface MemoryStatus {
  /** off: it may use no memory, or needs more than it may. */
  state: 'loading' | 'ready' | 'off';
  items: number;
  relations: number;
  /** Of its arrays. */
  bytes: number;
  /** The place in the CMDB's log up to which it has heard. */
  position: number;
  detail?: string;
}

export type Fresh = { graph: CompactGraph; note?: undefined } | { graph?: undefined; note: string };

/** The graph in the memory of this process. */
export interface GraphMemory {
  /** The graph with all in it that was committed before this was called; or why there is none. */
  fresh(): Promise<Fresh>;
  status(): MemoryStatus;
  stop(): Promise<void>;
}

export interface MemoryParts {
  database: Database;
  log: Logger;
  /** What it may take. */
  megabytes: number;
}

/** Milliseconds that a question waits for what is on its way to it. */
const patience = 50;
/** Milliseconds between two looks at the log while nobody asks: after one that found something, and after others. */
const soon = 500;
const later = 5_000;

class TooLarge extends Error {}

const tooLarge = 'The graph needs more memory than OPORA_CMDB_GRAPH_MEMORY allows.';

/**
 * Loads the graph in the background and keeps it as the records are. No question is answered by what is out of date: each looks first at what was announced since the last look, and was not
 * carried to the log yet, and reads those items and relations from the records as they are now. So it makes no difference how often, and in which order, something is heard.
 */
export function keepMemory({ database, log, megabytes }: MemoryParts): GraphMemory {
  const stopping = new AbortController();
  let graph: CompactGraph | undefined;
  let loading: CompactGraph | undefined;
  let position = 0;
  let detail: string | undefined;
  let looking: Promise<boolean> | undefined;
  let next: Promise<boolean> | undefined;

  function judgeSize({ bytes }: CompactGraph): void {
    if (bytes <= megabytes * 2 ** 20) return;
    throw new TooLarge(tooLarge);
  }

  /** Takes in what is new; false: there was too much of it. */
  async function catchUp(current: CompactGraph): Promise<boolean> {
    const until = performance.now() + patience;
    for (;;) {
      const heard = await readChanges(database, position);
      heard.apply(current);
      position = heard.position;
      judgeSize(current);
      if (heard.isWhole) return true;
      if (performance.now() > until) return false;
    }
  }

  /** One after the other, so that no older state is written over a newer one; who comes while one is under way takes part in the next. */
  function look(current: CompactGraph): Promise<boolean> {
    const begin = () => {
      looking = outsideTransactions(() => catchUp(current)).finally(() => (looking = undefined));
      return looking;
    };
    if (!looking) return begin();
    next ??= looking
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  }

  function fail(error: unknown): void {
    if (error instanceof TooLarge) {
      detail = error.message;
      graph = undefined;
      log.warn({ megabytes }, 'the graph does not fit into the memory that it may use; the records answer');
      stopping.abort();
    } else log.debug({ err: error }, 'the graph in memory could not follow the log');
  }

  async function load(): Promise<void> {
    for (let failures = 0; !graph; ) {
      try {
        position = await readHead(database);
        graph = await loadGraph(database, {
          signal: stopping.signal,
          onPage(page) {
            loading = page;
            judgeSize(page);
          },
        });
        log.info({ items: graph.items.size, relations: graph.relations, bytes: graph.bytes }, 'the graph is in memory');
      } catch (error) {
        if (stopping.signal.aborted) return;
        fail(error);
        await backOff(++failures, { first: 100, most: 5_000 }, stopping.signal);
      } finally {
        loading = undefined;
      }
    }
  }

  /** So that a question has little to catch up with. */
  async function follow(): Promise<void> {
    while (graph && !stopping.signal.aborted) {
      const before = position;
      await look(graph).catch(fail);
      await wait(position > before ? soon : later, undefined, { signal: stopping.signal });
    }
  }

  const running = load()
    .then(follow)
    .catch((error: unknown) => {
      if (!stopping.signal.aborted) throw error;
    });

  return {
    async fresh() {
      if (!graph) return { note: detail ?? 'The graph is being loaded into memory.' };
      if (database.isInTransaction()) return { note: 'What a batch has written is not in the graph in memory.' };
      const current = graph;
      const isWhole = await look(current).catch((error: unknown) => {
        fail(error);
        return false;
      });
      if (detail !== undefined) return { note: detail };
      return isWhole ? { graph: current } : { note: 'More was changed than the graph in memory could take in at once.' };
    },
    status() {
      const shown = graph ?? loading;
      return {
        state: graph ? 'ready' : detail === undefined ? 'loading' : 'off',
        items: shown?.items.size ?? 0,
        relations: shown?.relations ?? 0,
        bytes: shown?.bytes ?? 0,
        position,
        ...(detail !== undefined && { detail }),
      };
    },
    async stop() {
      stopping.abort();
      await running;
      await Promise.allSettled([looking, next]);
    },
  };
}
