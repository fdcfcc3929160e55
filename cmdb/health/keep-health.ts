import type { Database } from '../../platform/postgres/database.ts';
import type { Statement } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { setTimers, type Timers } from '../../platform/timers/timers.ts';
import { toDay } from '../domain/reminders/next-reminder.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import type { PageParts } from '../sources/take-page.ts';
import { measurePage } from './measure-page.ts';
import { finishRun, insertRun, type MeasureRun, readLastDone, readRunning } from './measure-store.ts';

const day = 24 * 3_600_000;
/** A hub that has only started has other things to do. */
const firstAfter = 10 * 60_000;
/** In the small hours (UTC). */
const hour = 2 * 3_600_000;
const keptDays = 730;
/** Milliseconds for which one goes on before other timers have their turn. */
const turn = 2_000;

/** Today is measured, if it was not, some minutes after the start. */
export function beginHealth(now: number): Statement {
  return setTimers([{ key: dayTimer(now), due: now + firstAfter }]);
}

const dayTimer = (moment: number) => `measure-day/${toDay(moment)}`;
/** Each has a name of its own: the platform takes away the one that rang in the commit that sets the next. */
const runTimer = (id: string, now: number, step = now) => setTimers([{ key: `measure/${id}/${step}`, due: now }]);

/** Begins a measure, unless one is under way. */
export async function startMeasure<Answer>(database: Database, call: Call, answer: (run: MeasureRun) => Answer): Promise<Answer> {
  return retryLostRace(call, async () => {
    const running = await readRunning(database);
    if (running) return call.commit({}, answer(running));
    const run = beginRun(call.newId(), call.now);
    return call.commit({ statements: [insertRun(run), runTimer(run.id, call.now)] }, answer(run));
  });
}

function beginRun(id: string, now: number): MeasureRun {
  return { id, day: toDay(now), status: 'running', checked: 0, total: null, startedAt: new Date(now), finishedAt: null };
}

export interface HealthKeeping extends PageParts {
  newId(at: number): string;
  /** Items that are measured by one statement. */
  pageSize?: number;
}

/** Measures once a day and when it is asked for, page by page and on after a kill: how far it is, is written with each page. */
export function keepHealth(keeping: HealthKeeping): Timers {
  return {
    async handle(due, now) {
      const statements: Statement[] = [];
      const isDay = due.some(({ key }) => key.startsWith('measure-day/'));
      const isStep = due.some(({ key }) => key.startsWith('measure/'));
      if (isDay) statements.push(...(await beginDay(keeping, now)));
      if (isStep) statements.push(...(await goOn(keeping, now)));
      return { statements };
    },
  };
}

async function beginDay({ database, newId }: HealthKeeping, now: number): Promise<Statement[]> {
  const tomorrow = Date.parse(toDay(now + day)) + hour;
  const next = setTimers([{ key: dayTimer(tomorrow), due: tomorrow }]);
  const [running, last] = await Promise.all([readRunning(database), readLastDone(database)]);
  if (running || last?.day === toDay(now)) return [next];
  const run = beginRun(newId(now), now);
  return [
    insertRun(run),
    setTimers([
      { key: dayTimer(tomorrow), due: tomorrow },
      { key: `measure/${run.id}/${now}`, due: now },
    ]),
  ];
}

async function goOn({ database, model, pageSize = 5_000 }: HealthKeeping, now: number): Promise<Statement[]> {
  const run = await readRunning(database);
  if (!run) return [];
  const compiled = await model();
  for (const until = performance.now() + turn; performance.now() < until; ) {
    const looked = await measurePage(database, run.id, compiled, now, pageSize);
    if (looked === undefined) return [];
    if (looked === pageSize) continue;
    return finishRun(run.id, run.day, toDay(now - keptDays * day), now);
  }
  return [runTimer(run.id, now, Date.now())];
}
