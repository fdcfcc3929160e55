import { backOff } from '../../platform/bus/back-off.ts';
import { createWaker } from '../../platform/bus/waker.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { longestStream } from '../../platform/rpc/call.ts';
import { findRefusal } from '../sheets/refuse-file.ts';
import { type CarryingOut, carryOutPage, finish, giveUp } from './carry-out.ts';
import { forgetUpload, holdImport, holdOn, type ImportState, releaseImports, type Told } from './import-store.ts';
import { type RowReading, readRowsOf } from './read-rows.ts';
import { forgetRows } from './row-store.ts';
import { readAsClass } from './sheet-classes.ts';
import { settleSurvey, tellFinding } from './survey-import.ts';

export interface ImportWork {
  /** There is something to do. */
  wake(): void;
  stop(): Promise<void>;
}

export interface ImportWorkParts extends CarryingOut {
  clock: Clock;
}

/** How long, in milliseconds, work of another process that ended may lie here. */
const idleFor = 2_000;
/** How long what a process has begun is left to it; it says again and again that it lives. */
const heldFor = 6_000;
/** So many lists are read at once, a page of each in turn: a short one does not wait for a long one. */
const mostAtOnce = 4;

interface Reading extends RowReading {
  version: number;
  pass: number;
  /** The last row that it gave. */
  place: number;
}

/**
 * Checks and applies imports, a page at a time, for as long as it runs. What is done is written with each page, so that whoever comes next (after a crash, or
 * another process) goes on from there.
 */
export function workOnImports(parts: ImportWorkParts): ImportWork {
  const { database, clock, log, newId } = parts;
  const worker = newId();
  const waker = createWaker();
  const stopping = new AbortController();
  const readings = new Map<string, Reading>();
  /** Those that failed, until they are tried again: they must not hold up the others. */
  const postponed = new Map<string, { until: number; failures: number }>();
  let tidiedAt = 0;
  const holding = () => ({ worker, until: clock.now() + heldFor });

  /** Goes on with a reading that stands where the import does; any other is begun again. */
  async function readingOf(state: ImportState): Promise<Reading> {
    const known = readings.get(state.id);
    if (known?.version === state.version && known.pass === state.pass && known.place === state.lastRow) return known;
    await drop(state.id);
    const reading = { ...(await readRowsOf(database, state, await parts.model())), version: state.version, pass: state.pass, place: state.lastRow };
    readings.set(state.id, reading);
    return reading;
  }

  async function drop(id: string): Promise<void> {
    const known = readings.get(id);
    readings.delete(id);
    await known?.close();
  }

  /** Why it cannot be read: the model may be another one since a person settled it. */
  async function findFaults(state: ImportState): Promise<readonly Told[]> {
    const model = await parts.model();
    try {
      return settleSurvey(state.survey, state.sheet ?? '', readAsClass(model, state.class ?? '')).faults;
    } catch (error) {
      if (!isAppError(error, 'invalid_input')) throw error;
      return [{ code: 'no_such_class', ru: `Класса ${state.class} больше нет.`, en: `There is no class ${state.class} any more.` }];
    }
  }

  async function goOn(state: ImportState): Promise<void> {
    if (state.lastRow === 0) {
      const faults = await findFaults(state);
      if (faults.length > 0) return giveUp(database, state, faults, clock.now());
      if (state.pass > 1 && (await forgetRows(database, state.id, state.pass))) return;
    }
    try {
      const reading = await readingOf(state);
      const page = await reading.next();
      if (page) {
        await carryOutPage(parts, state, page, holding(), clock.now());
        reading.place = page.at(-1)?.row ?? reading.place;
      } else {
        await finish(database, state, clock.now());
        await drop(state.id);
      }
    } catch (error) {
      // Where it stands is not known any more.
      await drop(state.id);
      const refusal = findRefusal(error);
      if (!refusal) throw error;
      await giveUp(database, state, [tellFinding(refusal)], clock.now());
    }
  }

  /** What was on its way to a process that ended does not come any more. */
  async function tidy(): Promise<void> {
    if (clock.now() < tidiedAt + longestStream) return;
    tidiedAt = clock.now();
    await database.commit({ statements: [forgetUpload(sql`created_at < ${new Date(tidiedAt - longestStream)}`)] });
  }

  /** Does a page of what there is to do; false when there is nothing. */
  async function work(): Promise<boolean> {
    const except = [...postponed].flatMap(([id, { until }]) => (until > clock.now() ? [id] : []));
    const isFull = readings.size >= mostAtOnce;
    const only = sql`not id = any(${except}::uuid[]) and (${!isFull} or id = any(${[...readings.keys()]}::uuid[]))`;
    const state = await holdImport(database, { ...holding(), now: clock.now(), only });
    if (!state) {
      for (const id of readings.keys()) await drop(id);
      await tidy();
      return false;
    }
    try {
      await goOn(state);
      postponed.delete(state.id);
    } catch (error) {
      if (isAppError(error, 'conflict') || isAppError(error, 'unavailable')) throw error;
      const failures = (postponed.get(state.id)?.failures ?? 0) + 1;
      postponed.set(state.id, { until: clock.now() + Math.min(60_000, 500 * 2 ** failures), failures });
      log.error({ err: error, import: state.id, failures }, 'an import could not go on; it is tried again later');
    }
    return true;
  }

  const working = (async () => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        const isBusy = await work();
        failures = 0;
        if (!isBusy && !stopping.signal.aborted) await waker.wait(idleFor);
      } catch (error) {
        if (stopping.signal.aborted) break;
        const isRace = isAppError(error, 'conflict');
        if (isRace) log.debug({ err: error }, 'an import was changed while a page of it was done');
        else log.warn({ err: error, failures: failures + 1 }, 'an import did not go on; it is tried again');
        await backOff(++failures, { first: isRace ? 5 : 100, most: 5_000 }, stopping.signal).catch(() => undefined);
      }
    }
    for (const id of [...readings.keys()]) await drop(id);
    await database.commit({ statements: [releaseImports(worker)] }).catch(() => undefined);
  })();
  // A long file takes longer to open than it is held for.
  const living = setInterval(() => {
    if (readings.size > 0) holdOn(database, holding()).catch(() => undefined);
  }, heldFor / 3);

  return {
    wake: () => waker.wake(),
    async stop() {
      stopping.abort();
      clearInterval(living);
      waker.wake();
      await working;
    },
  };
}
