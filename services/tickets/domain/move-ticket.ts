import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import { type TimerMoves, timerKey, timersFrom } from './follow-timers.ts';
import { isOverIn, type Lifecycle, phaseOf, timersIn } from './lifecycle.ts';
import type { TicketState } from './ticket.ts';

/** What becomes of statuses on the way to another version; those not named stay. */
export type StatusMapping = Readonly<Record<string, string>>;

/** What is wrong with a mapping: statuses that `to` does not have, and those of the older versions of which nothing becomes. */
export function checkMapping(mapping: StatusMapping, to: Lifecycle, older: readonly Lifecycle[]): FieldViolation[] {
  const has = (status: string) => Object.hasOwn(to.content.statuses, status);
  const unknown = Object.entries(mapping).flatMap(([from, status]) =>
    has(status)
      ? []
      : [
          {
            pointer: `/statuses/${from}`,
            message: `version ${to.version} has no status "${status}"; name one of ${Object.keys(to.content.statuses).join(', ')}`,
          },
        ],
  );
  const running = older.flatMap((lifecycle) => Object.keys(lifecycle.content.statuses).filter((status) => phaseOf(lifecycle, status) !== 'closed'));
  const left = [...new Set(running)].filter((status) => !has(status) && !Object.hasOwn(mapping, status));
  return [
    ...unknown,
    ...left.map((status) => ({
      pointer: `/statuses/${status}`,
      message: `is missing: version ${to.version} does not have it; say what becomes of it`,
    })),
  ];
}

/** The ticket by another version of its lifecycle, one version on; undefined when it is there already, or closed. */
export function moveTicket(ticket: TicketState, from: Lifecycle, to: Lifecycle, mapping: StatusMapping, now: number): TicketState | undefined {
  if (ticket.lifecycleVersion === to.version || phaseOf(from, ticket.status) === 'closed') return undefined;
  const status = (Object.hasOwn(mapping, ticket.status) ? mapping[ticket.status] : undefined) ?? ticket.status;
  return { ...ticket, status, lifecycleVersion: to.version, isOver: isOverIn(phaseOf(to, status)), version: ticket.version + 1, updatedAt: now };
}

/** The timers of the version that it leaves end, those of the other begin. */
export function moveTimersOver(before: TicketState, from: Lifecycle, after: TicketState, to: Lifecycle, now: number): TimerMoves {
  const set = timersFrom(timersIn(to, after.status), after.id, now);
  const kept = new Set(set.map(({ key }) => key));
  return { set, drop: timersIn(from, before.status).flatMap(([name]) => (kept.has(timerKey(before.id, name)) ? [] : [timerKey(before.id, name)])) };
}
