import type { Logger } from 'pino';
import { backOff } from '../../platform/bus/back-off.ts';
import { createWaker } from '../../platform/bus/waker.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { describeWords, listChanged } from '../domain/search/describe-words.ts';
import { freshFor, type Models } from '../model/models.ts';
import { beginPass, endPass, readPass, writePage } from './search-pass.ts';

interface WordParts {
  database: Database;
  models: Pick<Models, 'newest'>;
  clock: Clock;
  log: Logger;
  /** Milliseconds between two looks at the model. */
  idleFor?: number;
}

/**
 * Keeps the words of all items as the model says: when other attributes of a class are searched, or a newer program makes words otherwise, the items of those classes are
 * gone through page by page. Whoever writes an item meanwhile writes its words too; a pass begins when every process knows the model by which it writes.
 */
export function keepWords({ database, models, clock, log, idleFor = 5_000 }: WordParts): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const waker = createWaker();
  let seen: { text: string; at: number } | undefined;

  /** Does a piece of what there is to do; false when there is nothing, or nothing yet. */
  async function work(): Promise<boolean> {
    const model = await models.newest();
    const wanted = describeWords(model);
    const text = JSON.stringify(wanted);
    if (seen?.text !== text) seen = { text, at: performance.now() };
    const pass = await readPass(database);
    if (!pass || listChanged(pass.writing ?? pass.written, wanted).length > 0) {
      if (pass && performance.now() - seen.at < 2 * freshFor) return false;
      await beginPass(database, pass, wanted, clock.now());
      return true;
    }
    if (!pass.writing) return false;
    const isDone = await writePage(database, pass, model);
    if (isDone) await endPass(database, pass, clock.now());
    return true;
  }

  const working = (async () => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        const isBusy = await work();
        failures = 0;
        if (!isBusy && !stopping.signal.aborted) await waker.wait(idleFor);
      } catch (error) {
        if (stopping.signal.aborted) return;
        const isRace = isAppError(error, 'conflict');
        if (isRace) log.debug({ err: error }, 'somebody else wrote these words');
        else log.warn({ err: error, failures: failures + 1 }, 'the words of items could not be written; it is tried again');
        await backOff(++failures, { first: isRace ? 5 : 100, most: 5_000 }, stopping.signal).catch(() => undefined);
      }
    }
  })();

  return {
    async stop() {
      stopping.abort();
      waker.wake();
      await working;
    },
  };
}
