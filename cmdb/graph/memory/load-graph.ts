import { setImmediate as rest, setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { readRedundancy } from '../../domain/impact/redundancy.ts';
import { CompactGraph } from './compact-graph.ts';

const itemsOfPage = 4_000;
const relationsOfPage = 20_000;
const firstId = '00000000-0000-0000-0000-000000000000';

export interface LoadOptions {
  signal: AbortSignal;
  /** Called after each page; the loading ends when it throws. */
  onPage(graph: CompactGraph): void;
}

/** The graph that the records hold. What changes meanwhile may be in it or not: its changes are to be heard from before this was called on. */
export async function loadGraph(database: Database, { signal, onPage }: LoadOptions): Promise<CompactGraph> {
  const graph = new CompactGraph();
  /** Reads pages until there are no more, and lets others have as much of the processors as it took. */
  async function readAll(readPage: () => Promise<boolean>): Promise<void> {
    for (let isMore = true; isMore; ) {
      signal.throwIfAborted();
      const began = performance.now();
      isMore = await readPage();
      onPage(graph);
      if (isMore) await wait(performance.now() - began, undefined, { signal });
    }
  }

  await readAll(itemReader(database, graph));
  await readAll(specialReader(database, graph));
  await readAll(relationReader(database, graph));
  for (const _ of graph.into.turn(graph.out, graph.items.size)) {
    await rest();
    signal.throwIfAborted();
  }
  onPage(graph);
  return graph;
}

/** The ids of a page come as one value for each class: a row an item would cost most of the time. */
function itemReader(database: Database, graph: CompactGraph): () => Promise<boolean> {
  let after = firstId;
  return async () => {
    const rows = await database.query<{ class: string; ids: Buffer; last: string; count: number }>(
      sql`select class, string_agg(uuid_send(id), ''::bytea) as ids, max(id::text) as last, count(*)::int as count
        from (select id, class from item where id > ${after}::uuid order by id limit ${itemsOfPage}::int) page group by class`,
    );
    for (const { class: itemClass, ids, last } of rows) {
      if (last > after) after = last;
      for (let offset = 0; offset < ids.length; offset += 16)
        graph.items.know(graph.items.numberAt(ids, offset), { class: itemClass, lifecycleState: null, isRetired: false });
    }
    return rows.reduce((sum, { count }) => sum + count, 0) === itemsOfPage;
  };
}

/** Those that are not simply in use: the condition is that of the index item_standing. */
function specialReader(database: Database, graph: CompactGraph): () => Promise<boolean> {
  let after = firstId;
  return async () => {
    const rows = await database.query<ItemRow>(sql`select id, class, state, lifecycle_state as "lifecycleState", redundancy from item
      where id > ${after}::uuid and (redundancy is not null or lifecycle_state <> 'in_use' or state = 'retired') order by id limit ${itemsOfPage}::int`);
    for (const row of rows) knowItem(graph, row);
    after = rows.at(-1)?.id ?? after;
    return rows.length === itemsOfPage;
  };
}

/** In the order of where they begin, so that those of one item stand side by side; the ends of a page come as one value for each type. */
function relationReader(database: Database, graph: CompactGraph): () => Promise<boolean> {
  let last = { from: firstId, type: '', to: firstId };
  return async () => {
    const rows = await database.query<RelationRow>(
      sql`with page as materialized (select from_id, type, to_id, state from relation where (from_id, type, to_id) > (${last.from}::uuid, ${last.type}, ${last.to}::uuid)
          order by from_id, type, to_id limit ${relationsOfPage}::int)
        select end_of_page.*, kind.* from (select from_id as "lastFrom", type as "lastType", to_id as "lastTo" from page order by from_id desc, type desc, to_id desc limit 1) end_of_page
          cross join (select type, count(*)::int as count, string_agg(uuid_send(from_id) || uuid_send(to_id), ''::bytea) filter (where state = 'active') as ends from page group by type) kind`,
    );
    const [end] = rows;
    if (end) last = { from: end.lastFrom, type: end.lastType, to: end.lastTo };
    addRelations(graph, rows);
    return rows.reduce((sum, { count }) => sum + count, 0) === relationsOfPage;
  };
}

interface RelationRow {
  lastFrom: string;
  lastType: string;
  lastTo: string;
  type: string;
  count: number;
  /** Of active ones: from, to, from, to … */
  ends: Buffer | null;
}

function addRelations({ items, types, out }: CompactGraph, rows: readonly RelationRow[]): void {
  const links = new Map<number, number[]>();
  for (const { type, ends } of rows) {
    const kind = types.placeOf(type);
    for (let offset = 0; ends && offset < ends.length; offset += 32) {
      const from = items.numberAt(ends, offset);
      const of = links.get(from);
      const to = items.numberAt(ends, offset + 16);
      if (of) of.push(to, kind);
      else links.set(from, [to, kind]);
    }
  }
  for (const [from, own] of links) for (let place = 0; place < own.length; place += 2) out.add(from, own[place] ?? 0, own[place + 1] ?? 0);
}

export interface ItemRow {
  id: string;
  class: string;
  state: string;
  lifecycleState: string | null;
  redundancy: unknown;
}

export function knowItem({ items }: CompactGraph, { id, class: itemClass, state, lifecycleState, redundancy }: ItemRow): void {
  const needs = redundancy === null ? {} : { needs: readRedundancy(redundancy) };
  items.know(items.numberOf(id), { class: itemClass, lifecycleState, isRetired: state === 'retired', ...needs });
}
