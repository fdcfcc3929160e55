import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { OpenChange } from '../domain/authorisation/approval.ts';

/** A change ticket, as far as it justifies what is changed here. */
export interface ChangeTicket extends OpenChange {
  id: string;
  /** It is approved and being carried out. */
  isOpen: boolean;
  /** Of the ticket. */
  version: number;
}

export async function readChangeTickets(database: Database, ids: readonly string[]): Promise<Map<string, ChangeTicket>> {
  const rows = await database.query<ChangeTicket>(
    sql`select id, number, items, is_open as "isOpen", version from change_ticket where id = any(${ids}::uuid[])`,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** Writes what is newer than what is known. */
export function writeChangeTickets(tickets: readonly ChangeTicket[]): Statement {
  const rows = tickets.map(({ isOpen, ...ticket }) => ({ ...ticket, is_open: isOpen }));
  return sql`insert into change_ticket (id, number, items, is_open, version)
    select id, number, items, is_open, version from json_populate_recordset(null::change_ticket, ${JSON.stringify(rows)}::json) order by id
    on conflict (id) do update set number = excluded.number, items = excluded.items, is_open = excluded.is_open, version = excluded.version
      where change_ticket.version < excluded.version`;
}

/** Changes under way that are about any of these items, or that have one of these numbers and say of no item. */
export async function readOpenChanges(database: Database, itemIds: readonly string[], numbers: readonly string[]): Promise<OpenChange[]> {
  return database.query<OpenChange>(sql`select number, items from change_ticket
    where is_open and (items && ${itemIds}::uuid[] or (number = any(${numbers}::text[]) and items = '{}'))`);
}

/** The same, and those of the items that came into the inventory after a moment. */
export async function readOpenChangesAndYoung(database: Database, itemIds: readonly string[], numbers: readonly string[], after: number) {
  const [row] = await database.query<{ open: OpenChange[]; young: string[] }>(sql`select
    (select coalesce(json_agg(json_build_object('number', number, 'items', items)), '[]') from change_ticket
      where is_open and (items && ${itemIds}::uuid[] or (number = any(${numbers}::text[]) and items = '{}'))) as open,
    (select coalesce(array_agg(id), '{}') from item where id = any(${itemIds}::uuid[]) and created_at > ${new Date(after)}) as young`);
  return row ?? { open: [], young: [] };
}
