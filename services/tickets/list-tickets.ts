import type { ListTicketsRequest } from '../../generated/opora/tickets/v1/tickets.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { joinSql, raw, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Principal } from '../../platform/rpc/call.ts';
import type { TicketState } from './domain/ticket.ts';
import type { TicketRights } from './rights.ts';
import { readTickets } from './storage/ticket-store.ts';

/** One page of the tickets that the principal may see, and the cursor of the next. */
export async function listTickets(
  database: Database,
  request: ListTicketsRequest,
  principal: Principal,
  rights: TicketRights,
): Promise<{ tickets: TicketState[]; next?: string }> {
  const limit = request.limit ?? 50;
  const sort = request.sort ?? '-createdAt';
  const field = sort.endsWith('updatedAt') ? 'updatedAt' : 'createdAt';
  const column = raw(field === 'updatedAt' ? 'updated_at' : 'created_at');
  const down = sort.startsWith('-');

  const uses = [...(request.q !== undefined ? ['description'] : []), ...(request.itemId !== undefined ? ['items'] : [])];
  const conditions: Statement[] = [rights.visible(principal, uses)];
  if (request.type !== undefined) conditions.push(sql`type = ${request.type}`);
  if (request.status !== undefined) conditions.push(sql`status = ${request.status}`);
  if (request.priority !== undefined) conditions.push(sql`priority = ${request.priority}`);
  if (request.callerId !== undefined) conditions.push(sql`caller_id = ${request.callerId}`);
  if (request.assigneeId !== undefined) conditions.push(sql`assignee_id = ${request.assigneeId}`);
  if (request.itemId !== undefined) conditions.push(sql`items @> array[${request.itemId}::uuid]`);
  if (request.q !== undefined) {
    conditions.push(sql`search @@ (websearch_to_tsquery('russian', ${request.q}) || websearch_to_tsquery('english', ${request.q}))`);
  }
  if (request.after !== undefined) {
    const [moment, id] = decodeCursor(request.after, ['time', 'uuid'], sort);
    conditions.push(
      down ? sql`(${column}, id) < (${moment}::timestamptz, ${id}::uuid)` : sql`(${column}, id) > (${moment}::timestamptz, ${id}::uuid)`,
    );
  }
  const direction = raw(down ? 'desc' : 'asc');
  const page = await readTickets(database, sql`${joinSql(conditions, ' and ')} order by ${column} ${direction}, id ${direction} limit ${limit + 1}`);
  const tickets = page.slice(0, limit);
  const last = tickets.at(-1);
  return { tickets, ...(page.length > limit && last && { next: encodeCursor([new Date(last[field]).toISOString(), last.id], sort) }) };
}
