import {
  clockBreached,
  clockMet,
  clockPaused,
  clockResumed,
  clockRetargeted,
  clockStarted,
  clockStopped,
  clockWarned,
} from '../../generated/opora/sla/v1/events.ts';
import type { NewEvent } from '../../platform/bus/event.ts';
import type { Clock } from './domain/clock.ts';
import { formatDuration } from './domain/duration.ts';
import type { ClockStep, FollowedTicket } from './domain/follow-ticket.ts';

/** What happened to a clock as the event that tells of it. */
export function announceStep(ticketId: string, ticket: FollowedTicket, { event, clock }: ClockStep): NewEvent {
  const { terms, breachedAt } = clock;
  const told = {
    ticketId,
    ticketNumber: ticket.number,
    kind: clock.kind,
    version: clock.version,
    at: toTime(event.at),
    ...(ticket.facts.callerId !== '' && { callerId: ticket.facts.callerId }),
    definitionId: terms.definition.id,
    definitionName: terms.definition.name,
  };
  switch (event.type) {
    case 'started':
      return clockStarted({ ...told, ...promiseOf(clock) });
    case 'retargeted':
      return clockRetargeted({ ...told, ...promiseOf(clock) });
    case 'paused':
      return clockPaused({ ...told, elapsed: formatDuration(event.elapsed) });
    case 'stopped':
      return clockStopped({ ...told, elapsed: formatDuration(event.elapsed) });
    case 'met':
      return clockMet({ ...told, elapsed: formatDuration(event.elapsed), breached: breachedAt !== undefined });
    case 'resumed':
      return clockResumed({ ...told, warnAt: toTime(event.warnAt), deadline: toTime(event.deadline) });
    case 'warned':
      return clockWarned({ ...told, deadline: toTime(clock.deadline ?? event.at) });
    case 'breached':
      return clockBreached({ ...told, deadline: toTime(event.at) });
  }
}

function promiseOf({ terms, warnAt, deadline }: Clock) {
  return {
    definitionVersion: terms.definition.version,
    target: formatDuration(terms.target),
    ...(warnAt !== undefined && { warnAt: toTime(warnAt) }),
    ...(deadline !== undefined && { deadline: toTime(deadline) }),
  };
}

function toTime(moment: number): string {
  return new Date(moment).toISOString();
}
