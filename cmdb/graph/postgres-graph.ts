import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { CurrentModel } from '../model/models.ts';
import { type Edge, type Graph, walk } from './graph.ts';
import { readFailures } from './read-failures.ts';
import { type Along, selectEdges } from './select-edges.ts';
import { walkImpact, weightsOf } from './walk-impact.ts';

/** Answers from the records: one query a level, the items seen are kept here (measured: several times quicker than a recursive statement). */
export function postgresGraph(database: Database, currentModel: CurrentModel): Graph {
  return {
    async neighbours({ direction, types, ...question }) {
      const along = { forward: direction === 'in' ? [] : types, backward: direction === 'out' ? [] : types };
      const reached = await walk(question, (ids, room) => database.query<Edge>(selectStep(ids, along, room, question.at)));
      return { ...reached, servedBy: 'records' };
    },
    async impact(question) {
      const model = await currentModel();
      const reached = await walkImpact(
        { ...question, start: question.itemId, weightOf: weightsOf(model) },
        readFailures(database, model, question.at),
      );
      return { ...reached, servedBy: 'records' };
    },
  };
}

/** For each item one step away the smallest edge that leads there; no more rows than can be of use. */
function selectStep(ids: readonly string[], along: Along, room: number, at: number | undefined): Statement {
  return sql`select distinct on ("to") "from", "to", type from (${selectEdges(ids, along, at)}) edge order by "to", "from", type limit ${room}::int`;
}
