import { joinSql, type Statement, sql } from '../../platform/postgres/sql.ts';

/** Ways to go along relations: types to be gone along from `from` to `to`, and types to be gone along against that. */
export interface Along {
  forward: readonly string[];
  backward: readonly string[];
}

/**
 * The edges that lead away from these items, as rows of `"from"`, `"to"`, `type`: those that are there now, or those that there were at a moment (epoch
 * milliseconds). An edge that is gone along both ways comes once for each.
 */
export function selectEdges(ids: readonly string[], { forward, backward }: Along, at?: number): Statement {
  const ways: Statement[] = [];
  if (forward.length > 0) ways.push(...(at === undefined ? [presentForward(ids, forward)] : pastForward(ids, forward, new Date(at))));
  if (backward.length > 0) ways.push(...(at === undefined ? [presentBackward(ids, backward)] : pastBackward(ids, backward, new Date(at))));
  return ways.length > 0 ? joinSql(ways, ' union all ') : sql`select null::uuid as "from", null::uuid as "to", null::text as type where false`;
}

function presentForward(ids: readonly string[], types: readonly string[]): Statement {
  return sql`select from_id as "from", to_id as "to", type from relation
    where from_id = any(${ids}::uuid[]) and type = any(${types}::text[]) and state = 'active'`;
}

function presentBackward(ids: readonly string[], types: readonly string[]): Statement {
  return sql`select to_id as "from", from_id as "to", type from relation
    where to_id = any(${ids}::uuid[]) and type = any(${types}::text[]) and state = 'active'`;
}

/** What is so now was so then if it did not change since; what ended since stands in the history. */
function pastForward(ids: readonly string[], types: readonly string[], at: Date): Statement[] {
  return [
    sql`${presentForward(ids, types)} and updated_at <= ${at}`,
    sql`select v.from_id, v.to_id, r.type from relation_version v join relation r on r.id = v.relation_id
      where v.from_id = any(${ids}::uuid[]) and v.valid_from <= ${at} and v.valid_to > ${at} and v.state = 'active' and r.type = any(${types}::text[])`,
  ];
}

function pastBackward(ids: readonly string[], types: readonly string[], at: Date): Statement[] {
  return [
    sql`${presentBackward(ids, types)} and updated_at <= ${at}`,
    sql`select v.to_id, v.from_id, r.type from relation_version v join relation r on r.id = v.relation_id
      where v.to_id = any(${ids}::uuid[]) and v.valid_from <= ${at} and v.valid_to > ${at} and v.state = 'active' and r.type = any(${types}::text[])`,
  ];
}
