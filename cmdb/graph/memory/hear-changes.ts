import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { CompactGraph, KnownRelation } from './compact-graph.ts';
import { type ItemRow, knowItem } from './load-graph.ts';

/** Events that are looked at at once. */
const most = 2_000;

/** What was announced after a place in the log, as the records are now. */
export interface HeardChanges {
  /** Makes it so in the graph: at once, so that nobody sees a half of it. */
  apply(graph: CompactGraph): void;
  position: number;
  /** Nothing was left for another time. */
  isWhole: boolean;
}

/** Where the log ends; what was committed before and is not in it yet will be behind that. */
export async function readHead(database: Database): Promise<number> {
  const [row] = await database.query<{ pos: number }>(sql`select coalesce(max(pos), 0)::float8 as pos from bus_log`);
  return row?.pos ?? 0;
}

interface EventRow {
  /** Null while it waits for its place in the log. */
  pos: number | null;
  itemId: string | null;
  relationId: string | null;
}

/**
 * An event goes from the outbox to the log in one transaction, so that one statement sees it in either. What it says is not looked at but the id: the records know it as well, or better. That they
 * are read afterwards is harmless: an event of what they have then and the log had not yet is heard next time.
 */
export async function readChanges(database: Database, after: number): Promise<HeardChanges> {
  const events = await database.query<EventRow>(selectAnnounced(after));
  const [itemIds, relationIds] = [idsOf(events.map(({ itemId }) => itemId)), idsOf(events.map(({ relationId }) => relationId))];
  const [items, relations] = await Promise.all([
    itemIds.length > 0
      ? database.query<ItemRow>(
          sql`select id, class, state, lifecycle_state as "lifecycleState", redundancy from item where id = any(${itemIds}::uuid[])`,
        )
      : [],
    relationIds.length > 0
      ? database.query<KnownRelation>(
          sql`select from_id as "fromId", to_id as "toId", type, state = 'active' as "isActive" from relation where id = any(${relationIds}::uuid[])`,
        )
      : [],
  ]);
  const logged = events.flatMap(({ pos }) => pos ?? []);
  return {
    apply(graph) {
      for (const row of items) knowItem(graph, row);
      graph.relate(relations);
    },
    position: Math.max(after, ...logged),
    isWhole: logged.length < most && events.length - logged.length < most,
  };
}

function selectAnnounced(after: number): Statement {
  const ids = sql`data ->> 'itemId' as "itemId", data ->> 'relationId' as "relationId"`;
  return sql`(select pos::float8 as pos, ${ids} from bus_log where pos > ${after}::bigint order by bus_log.pos limit ${most}::int)
    union all (select null, ${ids} from outbox order by id limit ${most}::int)`;
}

function idsOf(ids: readonly (string | null)[]): string[] {
  return [...new Set(ids.flatMap((id) => id ?? []))];
}
