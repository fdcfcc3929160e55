import type { ListRelationsRequest } from '../generated/opora/cmdb/v1/cmdb.ts';
import { AppError } from '../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../platform/keyset/cursor.ts';
import type { Database } from '../platform/postgres/database.ts';
import { joinSql, type Statement, sql } from '../platform/postgres/sql.ts';
import type { RelationState } from './domain/relation.ts';
import type { Sight } from './rights/rights.ts';
import { type RelationPlace, readRelations, readRelationsOf } from './storage/relation-store.ts';

/** One page of the relations that are there now, and the cursor of the next: an item's own by side and type, all of them by age. */
export async function listRelations(
  database: Database,
  request: ListRelationsRequest,
  sight: Sight,
): Promise<{ relations: RelationState[]; next?: string }> {
  const { limit = 50, itemId, type, unauthorised, after } = request;
  if (itemId !== undefined && unauthorised !== undefined)
    throw new AppError('invalid_input', 'An item has few relations: look at them.', {
      violations: [{ pointer: '/unauthorised', message: 'cannot be given together with itemId: each relation says it' }],
    });
  if (itemId === undefined) {
    if (!sight.seesAll) {
      // Very many would have to be looked at to find a page of those that may be seen.
      const violations = [{ pointer: '/itemId', message: 'must be given: all relations are listed only for those who may see all items' }];
      throw new AppError('invalid_input', 'Name the item whose relations you want.', { violations });
    }
    const afterId = after === undefined ? undefined : decodeCursor(after, ['uuid'], 'id')[0];
    const found = await readRelations(
      database,
      sql`${joinSql(conditionsOf(type, unauthorised, afterId), ' and ')} order by id limit ${limit + 1}::int`,
    );
    return pageOf(found, limit, ({ id }) => encodeCursor([id], 'id'));
  }
  const place = after === undefined ? undefined : readPlace(after);
  const found = await readRelationsOf(database, itemId, { limit: limit + 1, sight, ...(type !== undefined && { type }), ...(place && { place }) });
  return pageOf(found, limit, ({ fromId, toId, type: lastType }) =>
    encodeCursor(fromId === itemId ? ['out', lastType, toId] : ['in', lastType, fromId], 'side'),
  );
}

function pageOf(found: RelationState[], limit: number, toCursor: (last: RelationState) => string): { relations: RelationState[]; next?: string } {
  const relations = found.slice(0, limit);
  const last = relations.at(-1);
  return { relations, ...(found.length > limit && last && { next: toCursor(last) }) };
}

function readPlace(after: string): RelationPlace {
  const [side, type, otherId] = decodeCursor(after, ['string', 'string', 'uuid'], 'side');
  return { side: side === 'in' ? 'in' : 'out', type, otherId };
}

function conditionsOf(type: string | undefined, unauthorised: boolean | undefined, afterId: string | undefined): Statement[] {
  // One that ended and should not have is looked for too.
  const conditions: Statement[] = [unauthorised ? sql`unauthorised` : sql`state = 'active'`];
  if (unauthorised === false) conditions.push(sql`not unauthorised`);
  if (type !== undefined) conditions.push(sql`type = ${type}`);
  if (afterId !== undefined) conditions.push(sql`id > ${afterId}::uuid`);
  return conditions;
}
