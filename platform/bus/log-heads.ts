import type { Logger } from 'pino';
import type { Clock } from '../clock/clock.ts';
import type { LogHead } from './event-log.ts';
import type { LogPages } from './log-pages.ts';

/** Tells those who read logs how far each goes: at once where the sequencer runs in this process, else by asking. */
export interface Heads {
  note(source: string, head: LogHead): void;
  /** `hear` is called with every word of the source's head until the returned function is. */
  watch(source: string, hear: (head: LogHead) => void): () => void;
  stop(): Promise<void>;
}

const interval = 250;

export function createHeads(pages: Pick<LogPages, 'readHead'>, clock: Clock, log: Logger): Heads {
  const watched = new Map<string, Set<(head: LogHead) => void>>();
  const toldAt = new Map<string, number>();
  let asking: Promise<void> = Promise.resolve();

  function tell(source: string, head: LogHead): void {
    for (const hear of watched.get(source) ?? []) hear(head);
  }

  async function ask(source: string): Promise<void> {
    const drainedAt = clock.now();
    try {
      tell(source, { pos: await pages.readHead(source), drainedAt });
    } catch (error) {
      log.debug({ err: error, source }, 'the end of a log could not be read');
    }
  }

  let busy = false;
  const timer = setInterval(() => {
    const silent = [...watched.keys()].filter((source) => Date.now() - (toldAt.get(source) ?? 0) > 2 * interval);
    if (busy || silent.length === 0) return;
    busy = true;
    asking = Promise.all(silent.map(ask)).then(() => {
      busy = false;
    });
  }, interval);

  return {
    note(source, head) {
      toldAt.set(source, Date.now());
      tell(source, head);
    },
    watch(source, hear) {
      const hearers = watched.get(source) ?? new Set();
      watched.set(source, hearers.add(hear));
      return () => {
        hearers.delete(hear);
        if (hearers.size === 0) watched.delete(source);
      };
    },
    async stop() {
      clearInterval(timer);
      await asking;
    },
  };
}
