import type { ListClocksRequest } from '../../generated/opora/sla/v1/sla.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { joinSql, type Statement, sql } from '../../platform/postgres/sql.ts';
import { may, type Principal } from '../../platform/rpc/call.ts';
import { readClocks, type TicketClock } from './storage/clock-store.ts';

const order = 'deadline';
/** What stands for "no deadline", which is 'infinity' in the table, in a cursor: a cursor takes nothing but moments. */
const never = '9999-12-31T23:59:59.999Z';

/** One page of the clocks that the principal may see, the soonest deadline first, and the cursor of the next. */
export async function listClocks(
  database: Database,
  request: ListClocksRequest,
  principal: Principal,
): Promise<{ clocks: TicketClock[]; next?: string }> {
  const limit = request.limit ?? 50;
  const conditions: Statement[] = [visibleTo(principal)];
  if (request.ticketId !== undefined) conditions.push(sql`ticket_id = ${request.ticketId}`);
  if (request.kind !== undefined) conditions.push(sql`kind = ${request.kind}`);
  // Written out for the planner: a partial index is found by its very condition.
  if (request.state === 'running') conditions.push(sql`state = 'running'`);
  else if (request.state !== undefined) conditions.push(sql`state = ${request.state}`);
  if (request.breached !== undefined) conditions.push(sql`breached = ${request.breached}`);
  if (request.dueBefore !== undefined) conditions.push(sql`deadline < ${request.dueBefore}::timestamptz`);
  if (request.after !== undefined) {
    const [deadline, ticketId, kind] = decodeCursor(request.after, ['time', 'uuid', 'string'], order);
    conditions.push(sql`(deadline, ticket_id, kind) > (${deadline === never ? 'infinity' : deadline}::timestamptz, ${ticketId}::uuid, ${kind})`);
  }
  const page = await readClocks(database, joinSql(conditions, ' and '), limit + 1);
  const clocks = page.slice(0, limit);
  const last = clocks.at(-1);
  return { clocks, ...(page.length > limit && last && { next: encodeCursor(placeOf(last), order) }) };
}

/** The clocks of one ticket that the principal may see, by the ticket's id or number. */
export async function listTicketClocks(database: Database, idOrNumber: string, principal: Principal): Promise<TicketClock[]> {
  const which = uuidPattern.test(idOrNumber) ? sql`ticket.id = ${idOrNumber}` : sql`ticket.number = ${idOrNumber}`;
  return readClocks(database, sql`${which} and ${visibleTo(principal)}`, 10);
}

/** Who may read only their own tickets sees only the clocks of these. */
function visibleTo(principal: Principal): Statement {
  const seesAll = may(principal, 'sla.read') || may(principal, 'tickets.read');
  return seesAll ? sql`true` : sql`ticket.caller_id = ${principal.id}`;
}

function placeOf({ clock, ticketId }: TicketClock): string[] {
  return [clock.deadline === undefined ? never : new Date(clock.deadline).toISOString(), ticketId, clock.kind];
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
