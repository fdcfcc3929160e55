import type { Database } from '../../platform/postgres/database.ts';
import { joinSql, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Hop } from '../domain/graph/find-paths.ts';
import { selectEdges } from '../graph/select-edges.ts';

/** Which relations are gone along, and which way; as they are, or as they were at a moment (epoch milliseconds). */
export interface Ways {
  direction: 'out' | 'in' | 'both';
  types: readonly string[];
  at?: number | undefined;
}

export const waysOf = (direction: Ways['direction']): Hop['way'][] => (direction === 'both' ? ['out', 'in'] : [direction]);

/** All hops that lead away from these items, or `limit` of them when there are more. */
export function readHops(database: Database, ids: readonly string[], ways: Ways, limit: number): Promise<Hop[]> {
  return database.query<Hop>(selectHops(ids, ways, limit));
}

export function selectHops(ids: readonly string[], { direction, types, at }: Ways, limit: number): Statement {
  const parts = waysOf(direction).map((way) => {
    const edges = selectEdges(ids, { forward: way === 'out' ? types : [], backward: way === 'in' ? types : [] }, at);
    return sql`select "from", "to", type, ${way}::text as way from (${edges}) edge`;
  });
  return sql`select * from (${joinSql(parts, ' union all ')}) hop limit ${limit}::int`;
}
