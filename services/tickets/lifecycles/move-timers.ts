import type { Statement } from '../../../platform/postgres/sql.ts';
import { dropTimers, setTimers } from '../../../platform/timers/timers.ts';
import { followTimers, type TimerMoves } from '../domain/follow-timers.ts';
import type { Lifecycle } from '../domain/lifecycle.ts';
import type { TicketState } from '../domain/ticket.ts';

export interface Moved {
  lifecycle: Lifecycle;
  /** The status before; absent for a new ticket. */
  before?: string;
  ticket: Pick<TicketState, 'id' | 'status'>;
}

export function planTimers(moved: readonly Moved[], now: number): TimerMoves {
  const moves = moved.map(({ lifecycle, before, ticket }) => followTimers(lifecycle, before, ticket, now));
  return { set: moves.flatMap(({ set }) => set), drop: moves.flatMap(({ drop }) => drop) };
}

/** What becomes of the timers of tickets' lifecycles, as part of the commit in which something is done with them. Most have none. */
export function moveTimers(moved: readonly Moved[], now: number): Statement[] {
  return writeTimers(planTimers(moved, now));
}

export function writeTimers({ set, drop }: TimerMoves): Statement[] {
  return [...(set.length > 0 ? [setTimers(set)] : []), ...(drop.length > 0 ? [dropTimers(drop)] : [])];
}
