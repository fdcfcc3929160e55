import type { GuardedTicket } from '../../generated/opora/tickets/v1/tickets.ts';
import type { Contract } from '../../platform/contract/contract.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { type Guard, openGuard } from '../../platform/rights/guard.ts';
import { isRestricted, may, type Principal } from '../../platform/rpc/call.ts';
import type { Columns } from '../../platform/rules/filter-to-sql.ts';
import type { Capacity } from './domain/lifecycle.ts';
import type { TicketState } from './domain/ticket.ts';

const columns: Columns = {
  'ticket.type': { sql: sql`ticket.type`, type: 'text' },
  'ticket.status': { sql: sql`ticket.status`, type: 'text' },
  'ticket.impact': { sql: sql`ticket.impact`, type: 'text' },
  'ticket.urgency': { sql: sql`ticket.urgency`, type: 'text' },
  'ticket.priority': { sql: sql`ticket.priority`, type: 'text' },
  'ticket.callerId': { sql: sql`ticket.caller_id`, type: 'text' },
  'ticket.assigneeId': { sql: sql`ticket.assignee_id`, type: 'text' },
  'ticket.serviceId': { sql: sql`ticket.service_id`, type: 'uuid' },
  'ticket.items': { sql: sql`ticket.items`, type: 'uuid[]' },
  'ticket.externalSystem': { sql: sql`ticket.external_system`, type: 'text' },
  'ticket.origin': { sql: sql`(case when ticket.raise_key is not null then 'monitoring' end)`, type: 'text' },
  'ticket.createdAt': { sql: sql`ticket.created_at`, type: 'timestamptz' },
  'ticket.plannedStart': { sql: sql`ticket.planned_start`, type: 'timestamptz' },
  'ticket.plannedEnd': { sql: sql`ticket.planned_end`, type: 'timestamptz' },
};

const nothing: ReadonlySet<string> = new Set();

/** What somebody may see and do of tickets. Callers see their own ones whole; others what their permissions and grants give. */
export interface TicketRights {
  guard: Guard;
  /**
   * Rights are part of the query, on the table `ticket`: nothing tells that there are others. `uses`: fields that the query looks into.
   * A null where it cannot be told, so it is no condition to negate.
   */
  visible(principal: Principal, uses?: readonly string[]): Statement;
  /** The same of one ticket. */
  sees(principal: Principal, ticket: TicketState): boolean;
  /** Fields of a ticket that the principal may see which are masked. */
  masked(principal: Principal, ticket: TicketState): ReadonlySet<string>;
  /** Whether it may be read as those do who work on tickets: with its history. */
  maySeeHistory(principal: Principal, ticket: TicketState): boolean;
  mayWork(principal: Principal, ticket: TicketState): boolean;
  /** In what capacity a step is taken; undefined: in none. Rules have methods of their own (`raise-incidents.ts`). */
  capacity(principal: Principal, ticket: TicketState): Capacity | undefined;
  /** Throws AppError `not_allowed` for those who may not change the ticket, or not these fields of it. */
  requireWork(principal: Principal, ticket: TicketState, fields: readonly string[]): void;
}

export function ticketRights(contract: Contract): TicketRights {
  const guard = openGuard(contract, 'ticket', columns);
  const isOwn = (principal: Principal, { callerId }: TicketState) => callerId === principal.id && may(principal, 'tickets.read_own');
  const mayWork = (principal: Principal, ticket: TicketState) => guard.judge(principal, 'tickets.work', factsOf(ticket)) !== undefined;

  function masked(principal: Principal, ticket: TicketState): ReadonlySet<string> {
    if (!isRestricted(principal, 'tickets.read') || isOwn(principal, ticket)) return nothing;
    return guard.judge(principal, 'tickets.read', factsOf(ticket)) ?? nothing;
  }

  return {
    guard,
    masked,
    mayWork,
    sees: (principal, ticket) => isOwn(principal, ticket) || guard.judge(principal, 'tickets.read', factsOf(ticket)) !== undefined,

    visible(principal, uses) {
      const held = guard.whereHeld(principal, 'tickets.read', uses);
      if (may(principal, 'tickets.read') || !may(principal, 'tickets.read_own')) return held;
      return isRestricted(principal, 'tickets.read') ? sql`(ticket.caller_id = ${principal.id} or ${held})` : sql`ticket.caller_id = ${principal.id}`;
    },

    maySeeHistory: (principal, ticket) => guard.judge(principal, 'tickets.read', factsOf(ticket)) !== undefined,

    capacity(principal, ticket) {
      if (mayWork(principal, ticket)) return 'worker';
      return isOwn(principal, ticket) ? 'caller' : undefined;
    },

    requireWork(principal, ticket, fields) {
      const locked = guard.judge(principal, 'tickets.work', factsOf(ticket));
      if (!locked)
        throw new AppError('not_allowed', `You may see ${ticket.number} and not change it: that needs the permission tickets.work for it.`);
      const hidden = masked(principal, ticket);
      const violations = fields
        .filter((field) => locked.has(field) || hidden.has(field))
        .map((field) => ({ pointer: `/${field}`, message: 'is not yours to change in this ticket; leave it out' }));
      if (violations.length > 0) throw new AppError('not_allowed', 'These fields are not yours to change.', { violations });
    },
  };
}

/** What of a ticket rights may depend on. */
export function factsOf(ticket: TicketState): GuardedTicket {
  const {
    type,
    status,
    impact,
    urgency,
    priority,
    callerId,
    assigneeId,
    serviceId,
    items,
    externalReference,
    raiseKey,
    createdAt,
    plannedStart,
    plannedEnd,
  } = ticket;
  return {
    type,
    status,
    impact,
    urgency,
    priority,
    ...(callerId !== undefined && { callerId }),
    ...(assigneeId !== undefined && { assigneeId }),
    ...(serviceId !== undefined && { serviceId }),
    items: [...items],
    ...(externalReference && { externalSystem: externalReference.system }),
    ...(raiseKey !== undefined && { origin: 'monitoring' }),
    createdAt: new Date(createdAt).toISOString(),
    ...(plannedStart !== undefined && { plannedStart: new Date(plannedStart).toISOString() }),
    ...(plannedEnd !== undefined && { plannedEnd: new Date(plannedEnd).toISOString() }),
  };
}
