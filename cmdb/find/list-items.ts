import type { ListItemsRequest } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { ItemState } from '../domain/item.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { readQuery, type SearchQuery } from '../domain/search/read-query.ts';
import { type ItemRights, refuseAsking, type Sight } from '../rights/rights.ts';
import { readItems } from '../storage/item-store.ts';
import { askedAttributes, bothFilters, type ItemConditions, type ItemFilter, readFilter, withSight, withWords } from './item-filter.ts';
import { type ItemOrder, readOrder } from './item-order.ts';
import { keepKnownWords } from './know-words.ts';
import { mendQuery } from './mend-query.ts';
import { readInOrder } from './read-in-order.ts';
import { searchItems } from './search-items.ts';
import { areAllWritten } from './search-pass.ts';
import { askedBySort, sortByAttribute } from './sort-by-attribute.ts';

interface Page {
  ids: readonly string[];
  /** The cursor of the next. */
  next?: string;
}

/** What of a saved query holds too. */
interface SavedPart {
  filter?: ItemFilter;
  sort?: string | undefined;
}

/** One page of items, and the cursor of the next. A page may be shorter than it could be, and even empty, as long as there is a next one. */
export async function listItems(
  database: Database,
  request: Partial<ListItemsRequest>,
  model: CompiledModel,
  rights: Pick<ItemRights, 'sight' | 'masked'>,
  saved: SavedPart = {},
): Promise<{ items: ItemState[]; next?: string }> {
  refuseAsking(rights, [...askedAttributes(request), ...askedAttributes(saved.filter ?? {}, '/query'), ...askedBySort(request.sort ?? saved.sort)]);
  const { ids, next } = await findPage(database, request, model, saved, rights.sight);
  const found = new Map((ids.length > 0 ? await readItems(database, sql`id = any(${ids}::uuid[])`) : []).map((item) => [item.id, item]));
  return { items: ids.flatMap((id) => found.get(id) ?? []), ...(next !== undefined && { next }) };
}

async function findPage(database: Database, request: Partial<ListItemsRequest>, model: CompiledModel, saved: SavedPart, sight: Sight): Promise<Page> {
  const { limit = 50, after, sort = saved.sort, q: asked, query: _, ...filter } = request;
  const { q: kept, ...other } = saved.filter ?? {};
  const q = [kept, asked].filter((words) => words !== undefined).join(' ');
  const query = readQuery(q);
  if (!query && q.trim()) return { ids: [] };
  const all = withSight(saved.filter ? bothFilters(filter, other, model) : readFilter(filter, model), sight);
  const conditions = all.marks.length > 0 && !(await areAllWritten(database)) ? { ...all, marks: [] } : all;
  if (query && sort === undefined) return searchItems(database, { conditions, q, query, after, limit });
  const order = readOrder(sort ?? 'name');
  if (!order) {
    const found = query ? withWords(conditions, query.wide) : conditions;
    return sortByAttribute(database, { conditions: found, sort: sort ?? '', after, limit, className: filter.class ?? other.class, model });
  }
  return query ? listFound(database, { conditions, query, order, after, limit }) : listInOrder(database, { conditions, order, after, limit });
}

interface Listing {
  conditions: ItemConditions;
  order: ItemOrder;
  after: string | undefined;
  limit: number;
}

async function listInOrder(database: Database, { conditions, order, after, limit }: Listing): Promise<Page> {
  const shape = [...order.columns.map(({ kind }) => kind), 'uuid'] as const;
  const place = after === undefined ? undefined : decodeCursor(after, shape, order.sort).map(String);
  const { ids, next } = await readInOrder(database, { conditions, order, limit, ...(place && { after: place }) });
  return { ids, ...(next && { next: encodeCursor(next, order.sort) }) };
}

/** What has the words in an order that somebody asked for; when nothing has them, what has them with a mistake mended. The cursor knows which of both it was. */
async function listFound(database: Database, { query, ...listing }: Listing & { query: SearchQuery }): Promise<Page> {
  const mended = { ...listing.order, sort: `${listing.order.sort} mended` };
  const isMended = listing.after !== undefined && isCursorOf(listing.after, mended);
  if (!isMended) {
    const known = await keepKnownWords(database, query.wide);
    const page = known ? await listInOrder(database, { ...listing, conditions: withWords(listing.conditions, known) }) : { ids: [] };
    if (listing.after !== undefined || page.ids.length > 0 || 'next' in page) return page;
  }
  const meant = await mendQuery(database, query);
  return meant ? listInOrder(database, { ...listing, order: mended, conditions: withWords(listing.conditions, meant) }) : { ids: [] };
}

function isCursorOf(after: string, { sort }: ItemOrder): boolean {
  return Buffer.from(after, 'base64url')
    .subarray(8)
    .includes(`,${JSON.stringify(sort)},`);
}
