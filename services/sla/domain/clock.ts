import type { WorkingTime } from './working-time.ts';

export const clockKinds = ['response', 'resolution'] as const;
export type ClockKind = (typeof clockKinds)[number];

/** Something versioned, as it was when a clock took it up. */
export interface Pinned {
  id: string;
  version: number;
}

/** What a definition promises through one clock. Amounts are milliseconds of working time, moments epoch milliseconds. */
export interface Terms {
  definition: Pinned & { name: string };
  calendar: Pinned;
  target: number;
  /** Why this definition holds for the ticket. */
  explanation: string;
}

interface Moments {
  warnAt: number;
  deadline: number;
}

/** One promise on one ticket: the fold of its events. */
export interface Clock extends Partial<Moments> {
  kind: ClockKind;
  state: 'running' | 'paused' | 'met' | 'stopped';
  terms: Terms;
  startedAt: number;
  /** Since when it runs, when it runs. */
  since: number;
  /** Working time used up before `since`. */
  elapsed: number;
  warnedAt?: number;
  breachedAt?: number;
  endedAt?: number;
  /** How many events made it. */
  version: number;
}

export type ClockEvent =
  | ({ type: 'started'; at: number; terms: Terms } & Moments)
  | { type: 'paused'; at: number; elapsed: number }
  | ({ type: 'resumed'; at: number } & Moments)
  | ({ type: 'retargeted'; at: number; elapsed: number; terms: Terms } & Partial<Moments>)
  | { type: 'warned'; at: number }
  | { type: 'breached'; at: number }
  | { type: 'met'; at: number; elapsed: number }
  | { type: 'stopped'; at: number; elapsed: number };

const warnedShare = 0.75;

export function evolveClock(kind: ClockKind, clock: Clock | undefined, event: ClockEvent): Clock {
  if (event.type === 'started') {
    const { at, terms, warnAt, deadline } = event;
    return { kind, state: 'running', terms, startedAt: at, since: at, elapsed: 0, warnAt, deadline, version: 1 };
  }
  if (!clock) throw new Error(`A clock cannot begin with "${event.type}".`);
  const version = clock.version + 1;
  switch (event.type) {
    case 'paused': {
      const { warnAt: _, deadline: __, endedAt: ___, ...rest } = clock;
      return { ...rest, state: 'paused', elapsed: event.elapsed, version };
    }
    case 'resumed': {
      const { endedAt: _, ...rest } = clock;
      return { ...rest, state: 'running', since: event.at, warnAt: event.warnAt, deadline: event.deadline, version };
    }
    case 'retargeted': {
      const { terms, elapsed, at, type: _, ...moments } = event;
      const { warnedAt, breachedAt, ...rest } = clock;
      const stillWarned = warnedAt !== undefined && elapsed >= terms.target * warnedShare;
      const stillBreached = breachedAt !== undefined && elapsed >= terms.target;
      return { ...rest, ...moments, ...(stillWarned && { warnedAt }), ...(stillBreached && { breachedAt }), terms, elapsed, since: at, version };
    }
    case 'warned':
      return { ...clock, warnedAt: event.at, version };
    case 'breached':
      return { ...clock, breachedAt: event.at, version };
    case 'met':
    case 'stopped':
      return { ...clock, state: event.type, elapsed: event.elapsed, endedAt: event.at, version };
  }
}

/** What time alone did to a clock until the moment. A promise is broken at its deadline: what comes in that very millisecond is late. */
export function advanceClock(clock: Clock, until: number): ClockEvent[] {
  const { state, warnAt, deadline, warnedAt, breachedAt } = clock;
  if (state !== 'running' || warnAt === undefined || deadline === undefined) return [];
  const events: ClockEvent[] = [];
  if (warnedAt === undefined && warnAt <= until) events.push({ type: 'warned', at: warnAt });
  if (breachedAt === undefined && deadline <= until) events.push({ type: 'breached', at: deadline });
  return events;
}

/** Working time used up at a moment. */
export function elapsedAt(clock: Clock, moment: number, time: WorkingTime): number {
  return clock.state === 'running' ? clock.elapsed + time.between(clock.since, moment) : clock.elapsed;
}

/** When a clock that runs from `at` with so much used up warns and is due. What is already announced stays where it was. */
export function momentsFrom(
  at: number,
  terms: Terms,
  elapsed: number,
  time: WorkingTime,
  announced: Pick<Clock, 'warnedAt' | 'breachedAt'> = {},
): Moments {
  return {
    warnAt: announced.warnedAt ?? time.add(at, terms.target * warnedShare - elapsed),
    deadline: announced.breachedAt ?? time.add(at, terms.target - elapsed),
  };
}

export interface ClockTimer {
  stage: 'warn' | 'breach';
  due: number;
}

/** The one moment at which time alone will next change the clock. */
export function nextTimer(clock: Clock): ClockTimer | undefined {
  if (clock.state !== 'running') return undefined;
  if (clock.warnedAt === undefined && clock.warnAt !== undefined) return { stage: 'warn', due: clock.warnAt };
  if (clock.breachedAt === undefined && clock.deadline !== undefined) return { stage: 'breach', due: clock.deadline };
  return undefined;
}
