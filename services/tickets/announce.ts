import { ticketOpened, ticketTransitioned, ticketUpdated } from '../../generated/opora/tickets/v1/events.ts';
import type { Principal } from '../../platform/rpc/call.ts';
import type { Phase } from './domain/lifecycle.ts';
import type { TicketState } from './domain/ticket.ts';
import { factsOf } from './rights.ts';

/** Tickets' states as the events that tell of them. */
export function announceOpened(ticket: TicketState, by: Principal) {
  return ticketOpened({
    ticketId: ticket.id,
    number: ticket.number,
    type: ticket.type,
    status: ticket.status,
    subject: ticket.subject,
    impact: ticket.impact,
    urgency: ticket.urgency,
    priority: ticket.priority,
    ...(ticket.callerId !== undefined && { callerId: ticket.callerId }),
    items: [...ticket.items],
    ...(ticket.serviceId !== undefined && { serviceId: ticket.serviceId }),
    ...(ticket.raiseKey !== undefined && { origin: 'monitoring' }),
    version: ticket.version,
    actorId: by.id,
    actorName: by.name,
    ...windowOf(ticket),
    facts: factsOf(ticket),
  });
}

export function announceUpdated(ticket: TicketState) {
  return ticketUpdated({
    ticketId: ticket.id,
    number: ticket.number,
    type: ticket.type,
    subject: ticket.subject,
    impact: ticket.impact,
    urgency: ticket.urgency,
    priority: ticket.priority,
    ...(ticket.callerId !== undefined && { callerId: ticket.callerId }),
    ...(ticket.assigneeId !== undefined && { assigneeId: ticket.assigneeId }),
    ...(ticket.serviceId !== undefined && { serviceId: ticket.serviceId }),
    version: ticket.version,
    items: [...ticket.items],
    ...windowOf(ticket),
    facts: factsOf(ticket),
  });
}

export function announceTransition(
  ticket: TicketState,
  by: Principal,
  step: { transition: string; before: TicketState; phase: Phase; byPerson: boolean },
) {
  const { before } = step;
  return ticketTransitioned({
    ticketId: ticket.id,
    number: ticket.number,
    transition: step.transition,
    before: before.status,
    after: ticket.status,
    phase: step.phase,
    byPerson: step.byPerson,
    ...(ticket.callerId !== undefined && { callerId: ticket.callerId }),
    version: ticket.version,
    type: ticket.type,
    items: [...ticket.items],
    actorId: by.id,
    actorName: by.name,
    ...(ticket.impact !== before.impact && { impact: ticket.impact }),
    ...(ticket.urgency !== before.urgency && { urgency: ticket.urgency }),
    ...(ticket.priority !== before.priority && { priority: ticket.priority }),
    ...(ticket.assigneeId !== before.assigneeId && { assigneeId: ticket.assigneeId ?? '' }),
    facts: factsOf(ticket),
  });
}

function windowOf({ plannedStart, plannedEnd }: TicketState) {
  return {
    ...(plannedStart !== undefined && { plannedStart: new Date(plannedStart).toISOString() }),
    ...(plannedEnd !== undefined && { plannedEnd: new Date(plannedEnd).toISOString() }),
  };
}
