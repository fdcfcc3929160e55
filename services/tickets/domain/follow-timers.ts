import { Duration } from 'luxon';
import type { LifecycleTimer } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import { type Lifecycle, timersIn } from './lifecycle.ts';
import type { TicketState } from './ticket.ts';

/** What keys of these timers begin with. */
export const timerPrefix = 'lifecycle:';

/** What becomes of a ticket's timers; times are epoch milliseconds. */
export interface TimerMoves {
  set: { key: string; due: number }[];
  drop: string[];
}

export function timerKey(ticketId: string, timer: string): string {
  return `${timerPrefix}${ticketId}:${timer}`;
}

/** The ticket and the timer of a key. */
export function readTimerKey(key: string): { ticketId: string; timer: string } {
  const [ticketId = '', timer = ''] = key.slice(timerPrefix.length).split(':');
  return { ticketId, timer };
}

/** `before` is absent for a new ticket. Timers of silence begin anew with whatever is done; those since entering only where the status is new. */
export function followTimers(
  lifecycle: Lifecycle,
  before: string | undefined,
  { id, status }: Pick<TicketState, 'id' | 'status'>,
  now: number,
): TimerMoves {
  const isNew = before !== status;
  const running = timersIn(lifecycle, status);
  const begun = running.filter(([, { since }]) => since === 'silence' || isNew);
  const over = before === undefined || !isNew ? [] : timersIn(lifecycle, before).filter(([name]) => !running.some(([other]) => other === name));
  return {
    set: timersFrom(begun, id, now),
    drop: over.map(([name]) => timerKey(id, name)),
  };
}

/** Timers of a ticket that begin now. */
export function timersFrom(timers: readonly [name: string, timer: LifecycleTimer][], ticketId: string, now: number): TimerMoves['set'] {
  return timers.map(([name, { after }]) => ({ key: timerKey(ticketId, name), due: now + Duration.fromISO(after).toMillis() }));
}
