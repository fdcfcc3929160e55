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

/** The same edges as counts by item and type: `count` of those that fit, `looked` of all that were read. */
export function countFirstEdges(ids: readonly string[], edges: FirstEdges): Statement {
  return sql`select "from", type, ended, count(*) filter (where fits)::int as count, count(*)::int as looked
    from (${selectFirstEdges(ids, edges)}) edge group by "from", type, ended`;
}

function presentEdges(ids: readonly string[], { way, types, most, ofEachType = false, at }: FirstEdges): Statement {
  const [own, other] = endsOf(way);
  const kinds = ofEachType ? sql`cross join unnest(${types}::text[]) kind(type)` : sql``;
  const isOfType = ofEachType ? sql`type = kind.type` : sql`type = any(${types}::text[])`;
  const fits = at === undefined ? sql`true` : sql`updated_at <= ${new Date(at)}`;
  return sql`select hub.id as "from", edge."to", edge.type, edge.fits, false as ended from unnest(${ids}::uuid[]) hub(id) ${kinds} cross join lateral
    (select ${other} as "to", type, ${fits} as fits from relation where ${own} = hub.id and ${isOfType} and state = 'active'
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
 * The edges that begin and end among these items, in the order of their ends, as rows of `"from"`, `"to"`, `type`: at most `limit`. A relation that ended keeps its row,
 * so what was there then is found by it, and no history of an item is read.
 */
export function selectEdgesAmong(ids: readonly string[], types: readonly string[], limit: number, at?: number): Statement {
  const among = sql`from_id = any(${ids}::uuid[]) and type = any(${types}::text[]) and to_id = any(${ids}::uuid[])`;
  const inOrder = sql`order by "from", "to", type limit ${limit}::int`;
  if (at === undefined) return sql`select from_id as "from", to_id as "to", type from relation where ${among} and state = 'active' ${inOrder}`;
  const moment = new Date(at);
  return sql`with ever as materialized (select id, from_id as "from", to_id as "to", type, state = 'active' and updated_at <= ${moment} as is_there from relation where ${among})
    select "from", "to", type from ever where is_there
    union all select "from", "to", type from ever join relation_version v on v.relation_id = ever.id
      where v.valid_from <= ${moment} and v.valid_to > ${moment} and v.state = 'active' ${inOrder}`;
}
