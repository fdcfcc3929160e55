import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { selectEdges } from '../graph/select-edges.ts';

export interface Below {
  /** With the item itself, nearest first; of one distance by id. */
  ids: string[];
  isCut: boolean;
}

/** So many items of a level are asked about at once: a greater level is left in the middle when the time is over. */
const walkedAtOnce = 4_000;

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
    const found = new Set<string>();
    for (let place = 0; place < frontier.length; place += walkedAtOnce) {
      if (performance.now() > until || seen.size + found.size > most) return { ids: [...seen, ...found].slice(0, most), isCut: true };
      // So many of them are new for certain, if there are.
      const room = most + seen.size + 1;
      const rows = await database.query<{ id: string }>(
        sql`select distinct "to" as id from (${selectEdges(frontier.slice(place, place + walkedAtOnce), along, at)}) edge order by id limit ${room}::int`,
      );
      for (const { id } of rows) if (!seen.has(id)) found.add(id);
    }
    frontier = [...found].sort();
    for (const id of frontier) seen.add(id);
  }
  if (seen.size > most) return { ids: [...seen].slice(0, most), isCut: true };
  return { ids: [...seen], isCut: false };
}
