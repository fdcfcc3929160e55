import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { readRedundancy } from '../domain/impact/redundancy.ts';
import type { Fan, Standing } from '../domain/impact/spread-failure.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { phaseOf } from '../domain/model/lifecycle-attribute.ts';
import { type Along, selectEdges } from './select-edges.ts';
import type { FailureSource } from './walk-impact.ts';

/** What a walk of failure asks, from the records: as they are, or as they were at a moment (epoch milliseconds). */
export function readFailures(database: Database, model: CompiledModel, at?: number): FailureSource {
  const { forward, backward } = model.failureTypes;
  const readFans = async (ids: readonly string[], along: Along, room: number): Promise<Fan[]> => {
    const rows = await database.query<{ id: string; type: string; others: string }>(selectFans(ids, along, room, at));
    return rows.map(({ id, type, others }) => ({ id, type, others: others.split(' ') }));
  };
  return {
    edges: (ids, room) => readFans(ids, { forward, backward }, room),
    async standings(ids) {
      const rows = await database.query<StandingRow>(at === undefined ? selectStandings(ids) : selectPastStandings(ids, new Date(at)));
      return new Map(rows.map((row) => [row.id, toStanding(row, model)]));
    },
    members(places, room) {
      const types = new Set(places.map(({ type }) => type));
      const against = { forward: backward.filter((type) => types.has(type)), backward: forward.filter((type) => types.has(type)) };
      return readFans([...new Set(places.map(({ id }) => id))], against, room);
    },
  };
}

/** Edges with all that one item leads to by one type as one row: a row for each of thousands is most of what the answer costs. */
export function selectFans(ids: readonly string[], along: Along, room: number, at?: number): Statement {
  return sql`select "from" as id, type, string_agg("to"::text, ' ') as others from (select * from (${selectEdges(ids, along, at)}) edge limit ${room}::int) edge
    group by "from", type`;
}

interface StandingRow {
  id: string;
  class: string;
  state: string;
  lifecycle_state: string | null;
  redundancy: unknown;
}

/** The condition is that of the index item_standing. */
export function selectStandings(ids: readonly string[]): Statement {
  return sql`select id, class, state, lifecycle_state, redundancy from item
    where id = any(${ids}::uuid[]) and (redundancy is not null or lifecycle_state <> 'in_use' or state = 'retired')`;
}

export function selectPastStandings(ids: readonly string[], at: Date): Statement {
  return sql`${selectStandings(ids)} and updated_at <= ${at}
    union all select item_id, class, state, attributes ->> 'lifecycleState', attributes -> 'redundancy' from item_version
    where item_id = any(${ids}::uuid[]) and valid_from <= ${at} and valid_to > ${at}
      and (attributes ? 'redundancy' or attributes ->> 'lifecycleState' <> 'in_use' or state = 'retired')`;
}

function toStanding({ class: name, state, lifecycle_state, redundancy }: StandingRow, model: CompiledModel): Standing {
  const phase = state === 'retired' ? 'retired' : phaseOf(model.classes.get(name), { lifecycleState: lifecycle_state });
  return { phase, needs: readRedundancy(redundancy) };
}
