import type { ListItemsRequest } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { joinSql, raw, sql } from '../../platform/postgres/sql.ts';
import type { ItemState } from '../domain/item.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { type ItemRights, refuseAsking } from '../rights/rights.ts';
import { readItems } from '../storage/item-store.ts';
import { askedAttributes, whereItems } from './item-filter.ts';

/** One page of items, and the cursor of the next. */
export async function listItems(
  database: Database,
  request: Partial<ListItemsRequest>,
  model: CompiledModel,
  rights: Pick<ItemRights, 'sight' | 'masked'>,
): Promise<{ items: ItemState[]; next?: string }> {
  const { limit = 50, sort = 'name' } = request;
  const down = sort.startsWith('-');
  const byName = sort.endsWith('name');
  const column = raw(byName ? 'name' : 'updated_at');

  refuseAsking(rights, askedAttributes(request));
  const conditions = [whereItems(request, model), rights.sight.items()];
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
