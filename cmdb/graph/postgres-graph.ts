import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { CurrentModel } from '../model/models.ts';
import { type Edge, type Graph, type Question, type Reached, walk } from './graph.ts';
import { type Along, selectEdges } from './select-edges.ts';

/** Answers from the records: one query a level, the items seen are kept here (measured: several times quicker than a recursive statement). */
export function postgresGraph(database: Database, currentModel: CurrentModel): Graph {
  async function reach(question: Question, forward: readonly string[], backward: readonly string[]): Promise<Reached> {
    const reached = await walk(question, (ids, room) => database.query<Edge>(stepFurther(ids, { forward, backward, room, among: question.among })));
    return { ...reached, servedBy: 'records' };
  }

  return {
    neighbours: ({ direction, types, ...question }) => reach(question, direction === 'in' ? [] : types, direction === 'out' ? [] : types),
    async impact(question) {
      const { forward, backward } = (await currentModel()).failureTypes;
      return reach(question, forward, backward);
    },
  };
}

/** For each item one step away the smallest edge that leads there; no more rows than can be of use. */
function stepFurther(ids: readonly string[], { room, among, ...along }: Along & { room: number; among: Question['among'] }): Statement {
  const isAmong = among ? sql`where exists (select 1 from item seen where seen.id = edge."to" and ${among('seen')})` : sql``;
  return sql`select distinct on ("to") "from", "to", type from (${selectEdges(ids, along)}) edge ${isAmong} order by "to", "from", type limit ${room}::int`;
}
