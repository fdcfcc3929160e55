import type { TicketsEvent } from '../../generated/opora/tickets/v1/events.ts';
import type { Subscription } from '../../platform/bus/subscription.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { type ChangeTicket, readChangeTickets, writeChangeTickets } from './change-ticket-store.ts';

type Opened = Extract<TicketsEvent, { type: 'opora.tickets.v1.TicketOpened' }>;
type Updated = Extract<TicketsEvent, { type: 'opora.tickets.v1.TicketUpdated' }>;
type Transitioned = Extract<TicketsEvent, { type: 'opora.tickets.v1.TicketTransitioned' }>;
type Heard = Opened | Updated | Transitioned;

/**
 * Keeps in mind which change tickets are approved and being carried out: those in the phase `active` of their lifecycle. Before it nobody has agreed,
 * and while one waits, or when it is done, nothing is to be changed in its name.
 */
export function hearChanges(database: Database): Subscription<Heard> {
  return {
    name: 'hear-changes',
    types: ['opora.tickets.v1.TicketOpened', 'opora.tickets.v1.TicketUpdated', 'opora.tickets.v1.TicketTransitioned'],
    async handle(events) {
      const known = await readChangeTickets(database, [...new Set(events.map(({ data }) => data.ticketId))]);
      const changed = new Map<string, ChangeTicket>();
      for (const event of events) {
        const { ticketId: id, version } = event.data;
        const before = changed.get(id) ?? known.get(id);
        if (before ? before.version >= version : event.data.type !== 'change') continue;
        changed.set(id, hear(event, before));
      }
      return changed.size > 0 ? { statements: [writeChangeTickets([...changed.values()])] } : {};
    },
  };
}

function hear({ type, data }: Heard, before: ChangeTicket | undefined): ChangeTicket {
  const { ticketId: id, number, version } = data;
  if (type === 'opora.tickets.v1.TicketOpened') return { id, number, items: data.items, isOpen: false, version };
  // What was told before tickets told their items says nothing of them.
  const items = data.items.length > 0 ? data.items : (before?.items ?? []);
  const isOpen = type === 'opora.tickets.v1.TicketTransitioned' ? data.phase === 'active' : (before?.isOpen ?? false);
  return { id, number, items, isOpen, version };
}
