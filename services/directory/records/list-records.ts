import { decodeCursor, encodeCursor } from '../../../platform/keyset/cursor.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { joinSql, plannedAnew, raw, type Statement, sql } from '../../../platform/postgres/sql.ts';
import { wordsOf } from '../domain/records/fold-words.ts';
import { allOf, isKnownAs, readPlacedRecords } from './record-store.ts';
import type { RecordState, Resource } from './resource.ts';

/** So many can be fetched and sorted within a page's time. */
const fewRecords = 1000;

/** What every list can be asked, beside the filters of its resource. */
export interface ListRequest {
  limit?: number;
  after?: string;
  q?: string;
  sort?: string;
  externalSystem?: string;
  externalId?: string;
}

export interface Page<Item> {
  items: Item[];
  next?: string;
}

/** One page of the records that the request wants and of which `more` is so, and the cursor of the next. */
export async function listRecords<State extends RecordState>(
  database: Database,
  resource: Resource<State>,
  request: ListRequest,
  more: readonly Statement[] = [],
): Promise<Page<State>> {
  const limit = request.limit ?? 50;
  const [usual = 'createdAt'] = Object.keys(resource.sorts);
  const sort = request.sort ?? usual;
  const isDown = sort.startsWith('-');
  const order = resource.sorts[isDown ? sort.slice(1) : sort] ?? { column: 'created_at', type: 'time' };
  const conditions = [...conditionsOf(resource, request), ...more];
  if (request.q !== undefined) conditions.push(await narrowByWords(database, resource, request.q));
  if (request.after !== undefined) {
    const [value, id] = decodeCursor(request.after, [order.type, 'uuid'], sort);
    const typed = order.type === 'time' ? sql`${value}::timestamptz` : sql`${value}::text`;
    conditions.push(sql`(${raw(`r.${order.column}`)}, r.id) ${raw(isDown ? '<' : '>')} (${typed}, ${id}::uuid)`);
  }
  const direction = isDown ? 'desc' : 'asc';
  const rest = sql`${allOf(conditions)} order by ${raw(`r.${order.column} ${direction}, r.id ${direction}`)} limit ${limit + 1}`;
  const found = await readPlacedRecords(database, resource, order, rest);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return { items: page.map(({ state }) => state), ...(found.length > limit && last && { next: encodeCursor([last.place, last.state.id], sort) }) };
}

/**
 * The condition that all words of the question are among a record's, as their beginnings or in another form. Few records are named, so that they need only be
 * put in order; many are met soon enough by whoever goes through the order and looks at each. Left to itself the planner would go through the order for few as well.
 */
async function narrowByWords<State extends RecordState>(database: Database, { kind }: Resource<State>, question: string): Promise<Statement> {
  const words = wordsOf(question).map(
    (word) => sql`(to_tsquery('simple', ${`'${word}':*`}) || plainto_tsquery('russian', ${word}) || plainto_tsquery('english', ${word}))`,
  );
  if (words.length === 0) return sql`true`;
  const isFound = sql`r.words @@ (${joinSql(words, ' && ')})`;
  const found = await database.query<{ id: string }>(plannedAnew(sql`select r.id from ${raw(kind)} r where ${isFound} limit ${fewRecords + 1}`));
  return found.length > fewRecords ? isFound : sql`r.id = any(${found.map(({ id }) => id)}::uuid[])`;
}

function conditionsOf<State extends RecordState>(resource: Resource<State>, request: ListRequest): Statement[] {
  const conditions: Statement[] = [];
  for (const [name, condition] of Object.entries(resource.filters)) {
    const value = (request as Record<string, unknown>)[name];
    if (value !== undefined) conditions.push(condition(value as never));
  }
  if (request.externalSystem !== undefined && request.externalId !== undefined) {
    conditions.push(isKnownAs(resource.kind, request.externalSystem, request.externalId));
  }
  return conditions;
}
