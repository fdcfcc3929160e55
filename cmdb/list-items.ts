import type { ListItemsRequest } from '../generated/opora/cmdb/v1/cmdb.ts';
import { decodeCursor, encodeCursor } from '../platform/keyset/cursor.ts';
import type { Database } from '../platform/postgres/database.ts';
import { joinSql, raw, type Statement, sql } from '../platform/postgres/sql.ts';
import type { ItemState } from './domain/item.ts';
import { normaliseName } from './domain/lookup.ts';
import { readItems } from './storage/item-store.ts';

/** One page of items, and the cursor of the next. */
export async function listItems(database: Database, request: ListItemsRequest): Promise<{ items: ItemState[]; next?: string }> {
  const { limit = 50, sort = 'name', state = 'active' } = request;
  const down = sort.startsWith('-');
  const byName = sort.endsWith('name');
  const column = raw(byName ? 'name' : 'updated_at');

  const conditions: Statement[] = [sql`state = ${state}`];
  if (request.class !== undefined) conditions.push(sql`class = ${request.class}`);
  if (request.source !== undefined) conditions.push(sql`source = ${request.source}`);
  if (request.key !== undefined) conditions.push(sql`key = ${request.key}`);
  if (request.q !== undefined) conditions.push(matchWords(request.q));
  if (request.after !== undefined) {
    const [value, id] = decodeCursor(request.after, [byName ? 'string' : 'time', 'uuid'], sort);
    const place = byName ? sql`(${value}::text, ${id}::uuid)` : sql`(${value}::timestamptz, ${id}::uuid)`;
    conditions.push(down ? sql`(${column}, id) < ${place}` : sql`(${column}, id) > ${place}`);
  }
  const direction = raw(down ? 'desc' : 'asc');
  const found = await readItems(
    database,
    sql`${joinSql(conditions, ' and ')} order by ${column} ${direction}, id ${direction} limit ${limit + 1}::int`,
  );
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || !last) return { items };
  return { items, next: encodeCursor([byName ? last.name : new Date(last.updatedAt).toISOString(), last.id], sort) };
}

/** All parts of words stand somewhere in it, or all words do in some form. */
function matchWords(q: string): Statement {
  const text = normaliseName(q);
  const parts = text
    .split(/\s+/)
    .filter((part) => part !== '')
    .slice(0, 10);
  if (parts.length === 0) return sql`true`;
  const contains = parts.map((part) => sql`search like ${`%${part.replace(/[\\%_]/g, '\\$&')}%`}`);
  return sql`(${joinSql(contains, ' and ')} or words @@ (websearch_to_tsquery('russian', ${text}) || websearch_to_tsquery('english', ${text})))`;
}
