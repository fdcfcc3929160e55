import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';

/** A date of an item as it is kept. Days are `2026-06-30`. */
export interface StoredDeadline {
  itemId: string;
  attribute: string;
  class: string;
  supportTeam?: string;
  on: string;
  nextOn?: string;
  isQuiet: boolean;
}

/** One that is to be told, with what is told of its item. */
export interface DueDeadline {
  itemId: string;
  attribute: string;
  on: string;
  nextOn: string;
  class: string;
  name: string;
  owner: string | null;
  supportTeam: string | null;
  organisation: string | null;
}

/** Writes dates as they are to be; what was told of one that stays is not told again. */
export function writeDeadlines(deadlines: readonly StoredDeadline[]): Statement {
  return upsert(sql`select r.* from ${asRows(deadlines.map((one) => ({ ...one, version: 0 })))} order by r.item_id, r.attribute`);
}

/** The same, but for items that are no longer of the version on which it was decided: whoever wrote those knew better. */
export function writeDeadlinesOf(deadlines: readonly (StoredDeadline & { version: number })[]): Statement {
  return upsert(
    sql`select r.* from ${asRows(deadlines)} join item i on i.id = r.item_id and i.version = r.version order by r.item_id, r.attribute for share of i`,
  );
}

function upsert(rows: Statement): Statement {
  return sql`insert into deadline (item_id, attribute, class, support_team, due_on, next_on, is_quiet)
    select item_id, attribute, class, support_team, due_on, next_on, is_quiet from (${rows}) w
    on conflict (item_id, attribute) do update set class = excluded.class, support_team = excluded.support_team, due_on = excluded.due_on,
      is_quiet = excluded.is_quiet, next_on = case when deadline.due_on <> excluded.due_on then excluded.next_on
        when deadline.next_on is not null and excluded.next_on is not null then greatest(deadline.next_on, excluded.next_on) end`;
}

function asRows(deadlines: readonly (StoredDeadline & { version: number })[]): Statement {
  const rows = deadlines.map(({ itemId, attribute, class: itemClass, supportTeam, on, nextOn, isQuiet, version }) => ({
    item_id: itemId,
    attribute,
    class: itemClass,
    support_team: supportTeam,
    due_on: on,
    next_on: nextOn,
    is_quiet: isQuiet,
    version,
  }));
  return sql`json_to_recordset(${JSON.stringify(rows)}::json) as r(item_id uuid, attribute text, class text, support_team text, due_on date, next_on date,
    is_quiet boolean, version int)`;
}

export function dropDeadlines(places: readonly { itemId: string; attribute: string }[]): Statement {
  return sql`delete from deadline d using unnest(${places.map(({ itemId }) => itemId)}::uuid[], ${places.map(({ attribute }) => attribute)}::text[])
      as g(item_id, attribute) where d.item_id = g.item_id and d.attribute = g.attribute`;
}

/** A page of those of which the model does not remind any more; how many there were. */
export async function dropForgotten(database: Database, known: readonly { class: string; attribute: string }[], limit: number): Promise<number> {
  const gone = await database.query(sql`delete from deadline where (item_id, attribute) in (
    select d.item_id, d.attribute from deadline d where not exists (
      select 1 from unnest(${known.map((one) => one.class)}::text[], ${known.map(({ attribute }) => attribute)}::text[]) as k(class, attribute)
      where k.class = d.class and k.attribute = d.attribute) limit ${limit}::int) returning 1`);
  return gone.length;
}

/** What is to be told on this day or was before it, the oldest first. */
export async function readDue(database: Database, today: string, limit: number): Promise<DueDeadline[]> {
  return database.query<DueDeadline>(sql`select d.item_id as "itemId", d.attribute, d.due_on::text as on, d.next_on::text as "nextOn", i.class, i.name,
      i.owner, i.support_team as "supportTeam", i.organisation
    from deadline d join item i on i.id = d.item_id
    where not d.is_quiet and d.next_on is not null and d.next_on <= ${today}::date order by d.next_on, d.item_id, d.attribute limit ${limit}::int`);
}

/** They are told now; a conflict when somebody else did so, or the dates changed. */
export function noteTold(told: readonly { due: DueDeadline; nextOn: string | undefined }[]): Statement {
  const rows = told.map(({ due, nextOn }) => ({
    item_id: due.itemId,
    attribute: due.attribute,
    before: due.nextOn,
    due_on: due.on,
    next_on: nextOn,
  }));
  return exactly(
    rows.length,
    sql`update deadline d set next_on = n.next_on
      from json_to_recordset(${JSON.stringify(rows)}::json) as n(item_id uuid, attribute text, before date, due_on date, next_on date)
      where d.item_id = n.item_id and d.attribute = n.attribute and d.next_on = n.before and d.due_on = n.due_on and not d.is_quiet returning 1`,
  );
}
