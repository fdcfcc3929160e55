import type { Comment, HistoryEntry, Ticket, TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import { may } from '../../platform/rpc/call.ts';
import type { TicketPatch, TicketState } from './domain/ticket.ts';
import { listTickets } from './list-tickets.ts';
import { raisingUseCases } from './raise-incidents.ts';
import { type CommentState, type JournalEntry, readComments, readHistory } from './storage/journal-store.ts';
import { type TicketParts, type TicketView, ticketUseCases } from './tickets.ts';

/** The contract's methods, each mapped to its use case and back. */
export function ticketMethods(parts: TicketParts): TicketService {
  const tickets = ticketUseCases(parts);
  const incidents = raisingUseCases(parts);
  const { database } = parts;

  return {
    createTicket: (request, call) => tickets.create(request, call, toTicket),
    getTicket: async ({ id }, call) => toTicket(await tickets.find(id, call.principal)),
    async listTickets(request, call) {
      const { tickets: page, next } = await listTickets(database, request, call.principal);
      return { items: page.map((ticket) => toTicket(tickets.view(ticket, call.principal))), ...(next !== undefined && { next }) };
    },
    updateTicket({ id, expectedVersion, ...given }, call) {
      const patch: TicketPatch = given;
      return tickets.update(id, expectedVersion, patch, call, toTicket);
    },
    transitionTicket: (request, call) => tickets.transition(request, call, toTicket),
    addComment: ({ id, text, internal = false }, call) => tickets.comment({ ticketId: id, text, internal }, call, toComment),
    async listComments({ id, limit = 50, after }, call) {
      const { ticket } = await tickets.find(id, call.principal);
      const withInternal = may(call.principal, 'tickets.work');
      const page = await readComments(database, ticket.id, { limit: limit + 1, withInternal, ...afterId(after) });
      return pageOf(page, limit, toComment);
    },
    async listHistory({ id, limit = 50, after }, call) {
      const { ticket } = await tickets.find(id, call.principal);
      return pageOf(await readHistory(database, ticket.id, afterId(after).afterId, limit + 1), limit, toHistoryEntry);
    },
    raiseIncidents: ({ incidents: wanted }, call) =>
      incidents.raise(wanted, call, (raised) => ({ incidents: raised.map(({ id, number }) => ({ id, number })) })),
    resolveIncidents: ({ incidents: wanted }, call) => incidents.resolve(wanted, call, (outcomes) => ({ outcomes })),
  };
}

function afterId(after: string | undefined): { afterId?: string } {
  return after === undefined ? {} : { afterId: decodeCursor(after, ['uuid'], 'id')[0] };
}

/** `rows` were read one more than asked for: the one too many tells that there is a next page. */
function pageOf<Row extends { id: string }, Item>(rows: Row[], limit: number, toItem: (row: Row) => Item): { items: Item[]; next?: string } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { items: page.map(toItem), ...(rows.length > limit && last && { next: encodeCursor([last.id], 'id') }) };
}

function toTicket({ ticket, steps }: TicketView): Ticket {
  const { lifecycleVersion: _, raiseKey, alertIds, takenOver: __, items, createdAt, updatedAt, ...rest }: TicketState = ticket;
  return {
    ...rest,
    items: [...items],
    ...(raiseKey !== undefined && { origin: { kind: 'monitoring' as const, alertIds: [...alertIds] } }),
    transitions: [...steps],
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}

function toComment({ createdAt, ...comment }: CommentState): Comment {
  return { ...comment, createdAt: new Date(createdAt).toISOString() };
}

function toHistoryEntry({ ticketId: _, at, changes, ...entry }: JournalEntry): HistoryEntry {
  return { ...entry, at: new Date(at).toISOString(), changes: [...changes] };
}
