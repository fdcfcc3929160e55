import type { TicketsEvent } from '../../generated/opora/tickets/v1/events.ts';
import type { TicketFact } from './domain/follow-ticket.ts';

/** What is heard of a ticket: that its impact was computed, or somebody is asked to approve, means nothing to clocks. */
export type TicketHeard = Exclude<
  TicketsEvent,
  { type: 'opora.tickets.v1.ImpactComputed' | 'opora.tickets.v1.ApprovalRequested' | 'opora.tickets.v1.ApprovalEnded' }
>;

/** The fact that a ticket's event tells its clocks; undefined when it tells nothing. */
export function hearTicket(event: TicketHeard): TicketFact | undefined {
  const at = Date.parse(event.time);
  switch (event.type) {
    case 'opora.tickets.v1.TicketOpened': {
      const { version, number, type, priority, impact, urgency, serviceId = '', origin = '', callerId = '', items } = event.data;
      return { type: 'opened', at, version, number, facts: { type, priority, impact, urgency, serviceId, origin, callerId, items } };
    }
    case 'opora.tickets.v1.TicketUpdated': {
      const { version, type, priority, impact, urgency, serviceId = '', callerId = '' } = event.data;
      const levels = { ...(impact !== undefined && { impact }), ...(urgency !== undefined && { urgency }) };
      return { type: 'updated', at, version, facts: { type, priority, serviceId, callerId, ...levels } };
    }
    case 'opora.tickets.v1.TicketTransitioned': {
      const { version, phase, byPerson, priority, impact, urgency } = event.data;
      const facts = {
        ...(priority !== undefined && { priority }),
        ...(impact !== undefined && { impact }),
        ...(urgency !== undefined && { urgency }),
      };
      return { type: 'moved', at, version, phase, byPerson, facts };
    }
    case 'opora.tickets.v1.CommentAdded':
      return event.data.answersCaller ? { type: 'answered', at } : undefined;
  }
}
