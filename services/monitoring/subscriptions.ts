import type { TicketsEvent } from '../../generated/opora/tickets/v1/events.ts';
import type { Subscription } from '../../platform/bus/subscription.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { closeGroups } from './decide-incidents.ts';
import { writeGroups } from './storage/decision-store.ts';

type Transitioned = Extract<TicketsEvent, { type: 'opora.tickets.v1.TicketTransitioned' }>;

/** An incident that is resolved or closed takes no more alerts: the next one of its group begins a new episode. */
export function followIncidents(database: Database): Subscription<Transitioned> {
  return {
    name: 'follow-incidents',
    types: ['opora.tickets.v1.TicketTransitioned'],
    async handle(events) {
      const over = events.filter(({ data }) => data.phase === 'resolved' || data.phase === 'closed').map(({ data }) => data.ticketId);
      const groups = await closeGroups(database, over);
      return groups.length > 0 ? { statements: [writeGroups(groups)] } : {};
    },
  };
}
