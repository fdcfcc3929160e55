import { impactComputed } from '../../../generated/opora/tickets/v1/events.ts';
import type { ComputedImpact } from '../../../generated/opora/tickets/v1/tickets.ts';
import type { NewId } from '../../../platform/clock/clock.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import type { Changes, Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { Call } from '../../../platform/rpc/call.ts';
import type { Parts } from '../../../platform/service/define-service.ts';
import { setTimers, type Timers } from '../../../platform/timers/timers.ts';
import { explainImpact, type ImpactSummary, idsOfImpact, showImpact, summariseImpact } from '../domain/impact-summary.ts';
import type { TicketState } from '../domain/ticket.ts';
import { makeEntry, type Writer } from '../history-entry.ts';
import { dropImpacts, readImpact, writeImpacts } from '../storage/impact-store.ts';
import { insertHistory } from '../storage/journal-store.ts';
import { readTickets } from '../storage/ticket-store.ts';
import { assessRadius, type Cmdb, describeItems, inOwnName } from './ask-cmdb.ts';

export interface ImpactParts {
  database: Database;
  cmdb: Cmdb;
  within: Parts['within'];
}

const prefix = 'impact:';
/** Most time for one question, in milliseconds. */
const patience = 5_000;

/** Has the impact of tickets computed soon, as part of the commit that opens them or changes their items. A ticket without items needs none. */
export function wantImpact(tickets: readonly Pick<TicketState, 'id'>[], now: number): Statement[] {
  return tickets.length === 0 ? [] : [setTimers(tickets.map(({ id }) => ({ key: `${prefix}${id}`, due: now })))];
}

/**
 * Computes the impact of tickets that were opened or whose items changed. The timer is the queue: it is removed in the commit that holds the effect, so each is computed once, and a CMDB
 * that is down delays it and loses nothing. A ticket whose items change meanwhile moves its timer, and what was computed of the old ones is not written.
 */
export function keepImpact({ database, cmdb, within, newId }: ImpactParts & { newId: NewId }): Timers {
  return {
    batch: 20,
    prefix,
    heedsEvents: false,
    async handle(due, now): Promise<Changes> {
      const ids = due.map(({ key }) => key.slice(prefix.length));
      const tickets = await readTickets(database, sql`id = any(${ids}::uuid[])`);
      const computed: { ticket: TicketState; summary: ImpactSummary }[] = [];
      for (const ticket of tickets) {
        if (ticket.items.length > 0) computed.push({ ticket, summary: summariseImpact(await assessRadius(cmdb, ticket.items, within(patience))) });
      }
      const bare = tickets.filter(({ items }) => items.length === 0).map(({ id }) => id);
      const changes = computed.length > 0 ? tellComputed(computed, { principal: within(0).principal, now, newId: () => newId(now) }) : {};
      return bare.length > 0 ? { ...changes, statements: [...(changes.statements ?? []), dropImpacts(bare)] } : changes;
    },
  };
}

export function impactUseCases({ database, cmdb, within }: ImpactParts) {
  const show = async (summary: ImpactSummary, call: Call): Promise<ComputedImpact> =>
    showImpact(summary, await describeItems(cmdb, idsOfImpact(summary), call));

  return {
    /** What is known of a ticket's impact, with the names that the caller may see. */
    async read({ id, items }: TicketState, call: Call): Promise<ComputedImpact | undefined> {
      const summary = items.length > 0 ? await readImpact(database, id) : undefined;
      return summary && show(summary, call);
    },

    /** Computes it now. AppError `illegal_state` for a ticket without items, `unavailable` while the CMDB is down. */
    async compute(ticket: TicketState, call: Call): Promise<ComputedImpact> {
      if (ticket.items.length === 0)
        throw new AppError('illegal_state', `${ticket.number} is about no items: add some, then there is something to compute.`);
      const radius = await assessRadius(cmdb, ticket.items, inOwnName(within(patience), call));
      const summary = summariseImpact(radius);
      const { statements = [], events = [] } = tellComputed([{ ticket, summary }], call);
      const [written, ...others] = statements;
      return call.commit({ statements: [...(written ? [exactly(1, written)] : []), ...others], events }, await show(summary, call));
    },
  };
}

function tellComputed(computed: readonly { ticket: TicketState; summary: ImpactSummary }[], writer: Writer): Changes {
  return {
    statements: [
      writeImpacts(computed.map(({ ticket, summary }) => ({ ticketId: ticket.id, ticketVersion: ticket.version, summary }))),
      insertHistory(computed.map(({ ticket, summary }) => makeEntry(writer, ticket.id, 'impact_computed', [], explainImpact(summary)))),
    ],
    events: computed.map(({ ticket, summary: { at, known, total, serviceTotal, truncated } }) =>
      impactComputed({ ticketId: ticket.id, number: ticket.number, at, items: known, total, serviceTotal, truncated }),
    ),
  };
}
