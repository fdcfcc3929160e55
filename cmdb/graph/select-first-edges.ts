import { type Statement, sql } from '../../platform/postgres/sql.ts';

/** Which edges of each item are looked at, and how many of them at most: an item with more of them is a hub. */
export interface FirstEdges {
  way: 'out' | 'in';
  types: readonly string[];
  /** Of an item; of an item and a type where each type has its own. */
  most: number;
  /** Each type has its own first edges; otherwise those of the first types may be all. */
  ofEachType?: boolean;
  /** As it was at this moment (epoch milliseconds). */
  at?: number | undefined;
}

/** An edge as `selectFirstEdges` gives it. `ended`: it was found in the history, so it counts for the item as a whole. */
export interface FirstEdge {
  from: string;
  to: string;
  type: string;
  /** It is an edge of the moment that is asked about; others were looked at in vain. */
  fits: boolean;
  ended: boolean;
}

/**
 * The first edges that lead away from each of these items, in the order of types and ids; as rows of FirstEdge. No more than `most` of an item are read, however many
 * it has, and as many of its history.
 */
export function selectFirstEdges(ids: readonly string[], edges: FirstEdges): Statement {
  return edges.at === undefined ? presentEdges(ids, edges) : sql`${presentEdges(ids, edges)} union all ${endedEdges(ids, edges, new Date(edges.at))}`;
}

/**
 * The same edges as counts by item and type, as rows of `"from"`, `type`, `ended`, `count` (of those that fit), `looked` (of all that were read) and `among`: the ends of those
 * that fit and lead to one of `others`, with spaces between them, or null.
 */
export function countFirstEdges(ids: readonly string[], edges: FirstEdges, others: readonly string[] = []): Statement {
  const within = others.length > 0 ? sql`string_agg("to"::text, ' ') filter (where fits and "to" = any(${others}::uuid[]))` : sql`null::text`;
  return sql`select "from", type, ended, count(*) filter (where fits)::int as count, count(*)::int as looked, ${within} as among
    from (${selectFirstEdges(ids, edges)}) edge group by "from", type, ended`;
}

function presentEdges(ids: readonly string[], { way, types, most, ofEachType = false, at }: FirstEdges): Statement {
  const [own, other] = endsOf(way);
  const kinds = ofEachType ? sql`cross join unnest(${types}::text[]) kind(type)` : sql``;
  const isOfType = ofEachType ? sql`and type = kind.type` : sql``;
  const wasThere = at === undefined ? sql`true` : sql`updated_at <= ${new Date(at)}`;
  // Types are judged afterwards: as a condition they make the planner take another index, gather all that a hub has, and sort it.
  const fits = ofEachType ? sql`edge.was_there` : sql`edge.was_there and edge.type = any(${types}::text[])`;
  return sql`select hub.id as "from", edge."to", edge.type, ${fits} as fits, false as ended
    from unnest(${ids}::uuid[]) hub(id) ${kinds} cross join lateral
    (select ${other} as "to", type, ${wasThere} as was_there from relation where ${own} = hub.id ${isOfType} and state = 'active'
      order by type, ${other} limit ${most}::int) edge`;
}

function endedEdges(ids: readonly string[], { way, types, most }: FirstEdges, at: Date): Statement {
  const [own, other] = endsOf(way);
  return sql`select hub.id, edge."to", edge.type, edge.fits, true from unnest(${ids}::uuid[]) hub(id) cross join lateral
    (select v."to", r.type, v.fits and r.type = any(${types}::text[]) as fits from
      (select relation_id, ${other} as "to", valid_from <= ${at} and state = 'active' as fits from relation_version
        where ${own} = hub.id and valid_to > ${at} order by valid_to limit ${most}::int) v join relation r on r.id = v.relation_id) edge`;
}

function endsOf(way: 'out' | 'in'): [own: Statement, other: Statement] {
  return way === 'out' ? [sql`from_id`, sql`to_id`] : [sql`to_id`, sql`from_id`];
}

/**
 * The edges from one of these items to one of those, as rows of `"from"`, `"to"`, `type`: each is looked for by its identity, so that of two hubs none is read. A relation
 * that ended keeps its row, and its history is found by that.
 */
export function selectEdgesBetween(from: readonly string[], to: readonly string[], types: readonly string[], at?: number): Statement {
  const present = sql`select relation.id where relation.state = 'active'`;
  const moment = new Date(at ?? 0);
  const past = sql`${present} and relation.updated_at <= ${moment} union all
    select v.relation_id from relation_version v where v.relation_id = relation.id and v.valid_from <= ${moment} and v.valid_to > ${moment} and v.state = 'active'`;
  return sql`select hub.id as "from", other.id as "to", kind.type
    from unnest(${from}::uuid[]) hub(id) cross join unnest(${to}::uuid[]) other(id) cross join unnest(${types}::text[]) kind(type)
    cross join lateral (select id, state, updated_at from relation where from_id = hub.id and type = kind.type and to_id = other.id limit 1) relation
    cross join lateral (${at === undefined ? present : past}) there`;
}
