import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { selectEdges } from '../graph/select-edges.ts';

export interface Below {
  /** With the item itself, nearest first; of one distance by id. */
  ids: string[];
  isCut: boolean;
}

/**
 * An item and all that it depended on at a moment (epoch milliseconds): against the direction in which failure travels, level by level, until nothing is new, there
 * are `most` of them, or `until` (by `performance.now()`) is past.
 */
export async function reachBelow(
  database: Database,
  itemId: string,
  at: number,
  { failureTypes }: Pick<CompiledModel, 'failureTypes'>,
  { most, until }: { most: number; until: number },
): Promise<Below> {
  const along = { forward: failureTypes.backward, backward: failureTypes.forward };
  const seen = new Set([itemId]);
  for (let frontier = [itemId]; frontier.length > 0; ) {
    if (performance.now() > until) return { ids: [...seen], isCut: true };
    // So many are new for certain, if there are.
    const room = most + seen.size + 1;
    const rows = await database.query<{ id: string }>(
      sql`select distinct "to" as id from (${selectEdges(frontier, along, at)}) edge order by id limit ${room}::int`,
    );
    frontier = rows.flatMap(({ id }) => (seen.has(id) ? [] : [id]));
    const left = most - seen.size;
    for (const id of frontier.slice(0, left)) seen.add(id);
    if (frontier.length > left) return { ids: [...seen], isCut: true };
  }
  return { ids: [...seen], isCut: false };
}
