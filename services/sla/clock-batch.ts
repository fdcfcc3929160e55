import type { NewEvent } from '../../platform/bus/event.ts';
import type { Changes } from '../../platform/postgres/database.ts';
import { dropTimers, setTimers, type Timer } from '../../platform/timers/timers.ts';
import { announceStep } from './announce.ts';
import { type Clock, type ClockKind, clockKinds, nextTimer } from './domain/clock.ts';
import type { ClockStep, FollowedTicket } from './domain/follow-ticket.ts';
import { type ChangedClock, writeClocks } from './storage/clock-store.ts';

/** What a batch does to the clocks of many tickets: folded in memory, written at once. */
export interface ClockBatch {
  now: number;
  before: ReadonlyMap<string, FollowedTicket>;
  after: Map<string, FollowedTicket>;
  /** By ticket, in the order in which they happened. */
  steps: Map<string, ClockStep[]>;
}

export function beginBatch(before: ReadonlyMap<string, FollowedTicket>, now: number): ClockBatch {
  return { now, before, after: new Map(before), steps: new Map() };
}

export function noteSteps(batch: ClockBatch, ticketId: string, ticket: FollowedTicket, steps: readonly ClockStep[]): void {
  batch.after.set(ticketId, ticket);
  const noted = batch.steps.get(ticketId);
  if (noted) noted.push(...steps);
  else batch.steps.set(ticketId, [...steps]);
}

/** Histories, announcements and timers of all that was noted. `settle` says when a timer is really due, or undefined to leave its key alone. */
export function writeBatch(batch: ClockBatch, settle: (timer: Timer) => Timer | undefined): Required<Pick<Changes, 'statements' | 'events'>> {
  const clocks: ChangedClock[] = [];
  const events: NewEvent[] = [];
  const set: Timer[] = [];
  const drop: string[] = [];
  for (const [ticketId, steps] of batch.steps) {
    const ticket = batch.after.get(ticketId);
    if (!ticket) continue;
    for (const step of steps) events.push(announceStep(ticketId, ticket, step));
    for (const kind of clockKinds) {
      const clock = ticket.clocks[kind];
      const happened = steps.filter((step) => step.clock.kind === kind).map(({ event }) => event);
      if (!clock || happened.length === 0) continue;
      clocks.push({ ticketId, clock, events: happened });
      const was = timerOf(ticketId, batch.before.get(ticketId)?.clocks[kind]);
      const is = timerOf(ticketId, clock);
      const moved = is && (is.key !== was?.key || is.due !== was.due) ? settle(is) : undefined;
      if (moved) set.push(moved);
      if (was && was.key !== is?.key && settle(was)) drop.push(was.key);
    }
  }
  return {
    statements: [
      ...(clocks.length > 0 ? [writeClocks(clocks, batch.now)] : []),
      ...(set.length > 0 ? [setTimers(set)] : []),
      ...(drop.length > 0 ? [dropTimers(drop)] : []),
    ],
    events,
  };
}

function timerOf(ticketId: string, clock: Clock | undefined): Timer | undefined {
  const timer = clock && nextTimer(clock);
  return timer && { key: `${ticketId}:${clock.kind}:${timer.stage}`, due: timer.due };
}

/** Which clock a timer's key names. */
export function readTimerKey(key: string): { ticketId: string; kind: ClockKind } {
  const [ticketId = '', kind] = key.split(':');
  return { ticketId, kind: kind === 'response' ? 'response' : 'resolution' };
}
