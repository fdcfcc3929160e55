import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import type { GraphMemory } from '../graph/memory/keep-memory.ts';
import { listBelow } from '../graph/memory/list-below.ts';
import { selectEdges } from '../graph/select-edges.ts';
import type { Sight } from '../rights/rights.ts';

/** The items whose timelines are one: no more of them are taken in than this. */
const mostItems = 10_000;

export interface Scope {
  itemIds: string[];
  /** There are more, or there was no time to find them. */
  truncated: boolean;
}

export interface ScopeAsked {
  id: string;
  below: boolean;
  sight: Sight;
  model: CompiledModel;
  /** Milliseconds that may be spent on the way down. */
  timeout: number;
  /** The present graph, where it stands in memory. */
  memory?: Pick<GraphMemory, 'fresh'> | undefined;
}

/**
 * The item, all that went into it, and for `below` the same of everything that it depends on: against the direction in which failure travels. The way leads through what the
 * reader may not see; what they may not see is no part of what is found. Throws AppError `not_found`.
 */
export async function findScope(database: Database, { id, below, sight, model, timeout, memory }: ScopeAsked): Promise<Scope> {
  const [item] = await database.query(sql`select 1 from item where id = ${id} and ${sight.items()}`);
  if (!item) throw new AppError('not_found', `There is no item "${id}".`);
  const graph = below ? (await memory?.fresh())?.graph : undefined;
  const inMemory = graph && listBelow(graph, id, model.failureTypes, mostItems);
  const found = inMemory ?? (below ? await goDown(database, id, model, timeout) : { itemIds: [id], truncated: false });
  const merged = sql`with recursive merged(id) as (
      select i.id from item i where i.merged_into = any(${toArray(found.itemIds)}) union select i.id from merged join item i on i.merged_into = merged.id
    )`;
  const rows = await database.query<{ id: string }>(
    sight.seesAll
      ? sql`${merged} select id from merged limit ${mostItems + 1}::int`
      : sql`${merged} select seen.id from (select unnest(${toArray(found.itemIds)}) as id union select id from merged) whole
          join item seen on seen.id = whole.id and ${sight.items('seen')} limit ${mostItems + 1}::int`,
  );
  const itemIds = [...new Set([...(sight.seesAll ? found.itemIds : []), ...rows.map((row) => row.id)])];
  return { itemIds: itemIds.slice(0, mostItems), truncated: found.truncated || itemIds.length > mostItems };
}

/** Ids that come from the database as an array of it: written at once, and not each of very many by itself. */
export function toArray(ids: readonly string[]): Statement {
  return sql`${`{${ids.join(',')}}`}::uuid[]`;
}

async function goDown(database: Database, id: string, { failureTypes }: CompiledModel, timeout: number): Promise<Scope> {
  const until = performance.now() + timeout;
  const seen = new Set([id]);
  const along = { forward: failureTypes.backward, backward: failureTypes.forward };
  for (let level = [id]; level.length > 0; ) {
    if (performance.now() > until) return { itemIds: [...seen], truncated: true };
    const room = mostItems - seen.size;
    const rows = await database.query<{ to: string }>(
      sql`select distinct "to" from (${selectEdges(level, along)}) edge order by "to" limit ${mostItems + 1}::int`,
    );
    level = rows.flatMap(({ to }) => (seen.has(to) ? [] : [to]));
    if (level.length > room) return { itemIds: [...seen, ...level.slice(0, room)], truncated: true };
    for (const next of level) seen.add(next);
  }
  return { itemIds: [...seen], truncated: false };
}
