import type { Comment, ComputedImpact, HistoryEntry, Ticket, TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import { may } from '../../platform/rpc/call.ts';
import { tryDefinition } from './definitions/try-definition.ts';
import type { TicketPatch, TicketState } from './domain/ticket.ts';
import { type ImpactParts, impactUseCases } from './impact/keep-impact.ts';
import { listTickets } from './list-tickets.ts';
import { raisingUseCases } from './raise-incidents.ts';
import { readWindow } from './read-window.ts';
import { type CommentState, type JournalEntry, readComments, readHistory } from './storage/journal-store.ts';
import { type TicketParts, type TicketView, ticketUseCases } from './tickets.ts';

/** The contract's methods, each mapped to its use case and back. */
export function ticketMethods(parts: TicketParts & ImpactParts): TicketService {
  const tickets = ticketUseCases(parts);
  const incidents = raisingUseCases(parts);
  const impacts = impactUseCases(parts);
  const { database } = parts;

  return {
    createTicket: ({ plannedStart, plannedEnd, ...request }, call) =>
      tickets.create({ ...request, ...readWindow({ plannedStart, plannedEnd }) }, call, toTicket),
    async getTicket({ id }, call) {
      const view = await tickets.find(id, call.principal);
      return toTicket(view, await impacts.read(view.ticket, call));
    },
    async listTickets(request, call) {
      const { tickets: page, next } = await listTickets(database, request, call.principal);
      return {
        items: await Promise.all(page.map(async (ticket) => toTicket(await tickets.view(ticket, call.principal)))),
        ...(next !== undefined && { next }),
      };
    },
    updateTicket({ id, expectedVersion, plannedStart, plannedEnd, ...given }, call) {
      const patch: TicketPatch = { ...given, ...readWindow({ plannedStart, plannedEnd }) };
      return tickets.update(id, expectedVersion, patch, call, toTicket);
    },
    listTransitions: async ({ id }, call) => ({ items: await tickets.listChoices(id, call.principal) }),
    tryDefinition: (request, call) => tryDefinition(parts, request, call.principal),
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
    computeImpact: async ({ id }, call) => impacts.compute((await tickets.find(id, call.principal)).ticket, call),
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

function toTicket({ ticket, steps }: TicketView, computedImpact?: ComputedImpact): Ticket {
  const { raiseKey, alertIds, takenOver: _, isOver: __, items, createdAt, updatedAt, plannedStart, plannedEnd, ...rest }: TicketState = ticket;
  return {
    ...rest,
    items: [...items],
    ...(raiseKey !== undefined && { origin: { kind: 'monitoring' as const, alertIds: [...alertIds] } }),
    transitions: [...steps],
    ...(computedImpact && { computedImpact }),
    ...(plannedStart !== undefined && { plannedStart: new Date(plannedStart).toISOString() }),
    ...(plannedEnd !== undefined && { plannedEnd: new Date(plannedEnd).toISOString() }),
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
