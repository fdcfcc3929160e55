import type { Comment, ComputedImpact, HistoryEntry, Ticket, TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import { tryDefinition } from './definitions/try-definition.ts';
import type { TicketPatch, TicketState } from './domain/ticket.ts';
import { type AccessParts, explainAccess } from './explain-access.ts';
import { type ImpactParts, impactUseCases } from './impact/keep-impact.ts';
import { listTickets } from './list-tickets.ts';
import { raisingUseCases } from './raise-incidents.ts';
import { readWindow } from './read-window.ts';
import { type CommentState, type JournalEntry, readComments, readHistory } from './storage/journal-store.ts';
import { type TicketParts, type TicketView, ticketUseCases } from './tickets.ts';

/** The contract's methods, each mapped to its use case and back. */
export function ticketMethods(parts: TicketParts & ImpactParts & AccessParts): TicketService {
  const tickets = ticketUseCases(parts);
  const incidents = raisingUseCases(parts);
  const impacts = impactUseCases(parts);
  const { database, rights } = parts;

  return {
    createTicket: ({ plannedStart, plannedEnd, ...request }, call) =>
      tickets.create({ ...request, ...readWindow({ plannedStart, plannedEnd }) }, call, toTicket),
    async getTicket({ id }, call) {
      const view = await tickets.find(id, call.principal);
      return toTicket(view, view.masked.has('computedImpact') ? undefined : await impacts.read(view.ticket, call));
    },
    async listTickets(request, call) {
      const { tickets: page, next } = await listTickets(database, request, call.principal, rights);
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
      const withInternal = rights.mayWork(call.principal, ticket);
      const page = await readComments(database, ticket.id, { limit: limit + 1, withInternal, ...afterId(after) });
      return pageOf(page, limit, toComment);
    },
    async listHistory({ id, limit = 50, after }, call) {
      const { ticket, masked } = await tickets.find(id, call.principal);
      if (!rights.maySeeHistory(call.principal, ticket))
        throw new AppError('not_allowed', 'The history needs the permission tickets.read for this ticket.');
      return pageOf(await readHistory(database, ticket.id, afterId(after).afterId, limit + 1), limit, (entry) => toHistoryEntry(entry, masked));
    },
    async computeImpact({ id }, call) {
      const { ticket } = await tickets.find(id, call.principal);
      rights.requireWork(call.principal, ticket, ['computedImpact']);
      return impacts.compute(ticket, call);
    },
    explainTicketAccess: async ({ id, account }, call) => explainAccess(parts, (await tickets.find(id, call.principal)).ticket, account, call),
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

function toTicket({ ticket, steps, masked }: TicketView, computedImpact?: ComputedImpact): Ticket {
  const { raiseKey, alertIds, takenOver: _, isOver: __, items, createdAt, updatedAt, plannedStart, plannedEnd, ...rest }: TicketState = ticket;
  const whole: Ticket = {
    ...rest,
    items: [...items],
    masked: [...masked],
    ...(raiseKey !== undefined && { origin: { kind: 'monitoring' as const, alertIds: [...alertIds] } }),
    transitions: [...steps],
    ...(computedImpact && { computedImpact }),
    ...(plannedStart !== undefined && { plannedStart: new Date(plannedStart).toISOString() }),
    ...(plannedEnd !== undefined && { plannedEnd: new Date(plannedEnd).toISOString() }),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
  return masked.size === 0 ? whole : hide(whole, masked);
}

/** The ticket without its masked fields. All of them may be absent or empty in the contract. */
function hide(ticket: Ticket, masked: ReadonlySet<string>): Ticket {
  const shown = Object.fromEntries(Object.entries(ticket).filter(([field]) => !masked.has(field)));
  return { ...(shown as unknown as Ticket), items: masked.has('items') ? [] : ticket.items };
}

function toComment({ createdAt, ...comment }: CommentState): Comment {
  return { ...comment, createdAt: new Date(createdAt).toISOString() };
}

/** That a masked field changed is told, and not how. */
function toHistoryEntry({ ticketId: _, at, changes, explanation, ...entry }: JournalEntry, masked: ReadonlySet<string>): HistoryEntry {
  const isShown = entry.action === 'impact_computed' ? !masked.has('computedImpact') : !masked.has('explanation');
  return {
    ...entry,
    ...(explanation !== undefined && isShown && { explanation }),
    at: new Date(at).toISOString(),
    changes: changes.map((change) => (masked.has(change.field) ? { field: change.field } : change)),
  };
}
