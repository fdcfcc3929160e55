import type { ListRelationsRequest } from '../generated/opora/cmdb/v1/cmdb.ts';
import { decodeCursor, encodeCursor } from '../platform/keyset/cursor.ts';
import type { Database } from '../platform/postgres/database.ts';
import { joinSql, type Statement, sql } from '../platform/postgres/sql.ts';
import type { RelationState } from './domain/relation.ts';
import { readRelations, readRelationsOf } from './storage/relation-store.ts';

/** One page of the relations that are there now, and the cursor of the next. */
export async function listRelations(database: Database, request: ListRelationsRequest): Promise<{ relations: RelationState[]; next?: string }> {
  const { limit = 50, itemId, type, after } = request;
  const afterId = after === undefined ? undefined : decodeCursor(after, ['uuid'], 'id')[0];
  const found =
    itemId === undefined
      ? await readRelations(database, sql`${joinSql(conditionsOf(type, afterId), ' and ')} order by id limit ${limit + 1}::int`)
      : await readRelationsOf(database, itemId, { limit: limit + 1, ...(type !== undefined && { type }), ...(afterId !== undefined && { afterId }) });
  const relations = found.slice(0, limit);
  const last = relations.at(-1);
  return { relations, ...(found.length > limit && last && { next: encodeCursor([last.id], 'id') }) };
}

function conditionsOf(type: string | undefined, afterId: string | undefined): Statement[] {
  const conditions: Statement[] = [sql`state = 'active'`];
  if (type !== undefined) conditions.push(sql`type = ${type}`);
  if (afterId !== undefined) conditions.push(sql`id > ${afterId}::uuid`);
  return conditions;
}
