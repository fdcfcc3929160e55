import type { GetImpactRequest, GetNeighboursRequest, GroupStanding, ReachedItem, Surroundings } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import type { Group } from '../domain/impact/spread-failure.ts';
import { pointTo } from '../domain/model/pointer.ts';
import type { Graph, Reached, Step } from '../graph/graph.ts';
import type { Models } from '../model/models.ts';
import { rightsOf } from '../rights/rights.ts';
import { nameItems, requireItem } from './name-items.ts';
import { chooseTypes, until } from './question.ts';
import { type Showing, selectItems } from './select-items.ts';
import { roundWeight, summariseImpact } from './summarise-impact.ts';

/** Items that one impact may reach; the list of them is shorter still. */
const mostReached = 5_000;

export interface ExploringParts {
  database: Database;
  graph: Graph;
  models: Pick<Models, 'current' | 'newest'>;
}

/**
 * What the graph answers, with the names of the records: whoever answered about the ways, names and states come from PostgreSQL. The graph is walked whole, whoever
 * asks; then what the reader may not see is counted and not named.
 */
export function exploring({ database, graph, models }: ExploringParts) {
  /** Who asks, as of when, and by which model; throws AppError `not_found` when they see no item of that id. */
  async function open(id: string, { principal }: Call, asOf: string | undefined, down: readonly string[] = []): Promise<Showing> {
    const model = await models.current();
    const { sight, masked } = rightsOf(principal, model);
    const showing = { model, sight, masked, ...(asOf !== undefined && { at: Date.parse(asOf) }) };
    const known = await nameItems(database, [id, ...down], showing);
    requireItem(known, id, showing.at);
    const unknown = down.flatMap((one, index) =>
      known.has(one) ? [] : [{ pointer: pointTo('/down', index), message: `there is no item "${one}"` }],
    );
    if (unknown.length > 0) throw new AppError('invalid_input', 'Not all of what is said to be down is known.', { violations: unknown });
    return showing;
  }

  /** Those of the steps that the reader may see. */
  async function sift<One extends Step>(steps: readonly One[], showing: Showing): Promise<{ seen: readonly One[]; hidden: number }> {
    if (showing.sight.seesAll || steps.length === 0) return { seen: steps, hidden: 0 };
    const rows = await database.query<{ id: string }>(
      sql`select id from (${selectItems(
        steps.map(({ id }) => id),
        showing,
      )}) item`,
    );
    const visible = new Set(rows.map(({ id }) => id));
    return { seen: steps.filter(({ id }) => visible.has(id)), hidden: steps.length - visible.size };
  }

  /** The first of what was reached, named. */
  async function list<One extends Step>(
    start: string,
    { steps, cutBy, servedBy, note }: Reached<One>,
    limit: number,
    showing: Showing,
    more: (step: One) => Partial<ReachedItem> = () => ({}),
  ): Promise<Surroundings & { truncatedBy: string[] }> {
    const { seen, hidden } = await sift(steps, showing);
    const listed = seen.slice(0, limit);
    const named = await nameItems(
      database,
      listed.map(({ id }) => id),
      showing,
    );
    const visible = showing.sight.seesAll ? undefined : new Set([start, ...seen.map(({ id }) => id)]);
    const items = listed.flatMap((step): ReachedItem[] => {
      const item = named.get(step.id);
      if (!item) return [];
      const { id, class: itemClass, name } = item;
      const viaHidden = visible !== undefined && !visible.has(step.via.id);
      const via = viaHidden ? {} : { viaId: step.via.id, viaType: step.via.type };
      return [{ id, class: itemClass, name, distance: step.distance, ...via, viaHidden, groups: [], ...more(step) }];
    });
    const truncatedBy: Surroundings['truncatedBy'] = [...(seen.length > limit ? (['limit'] as const) : []), ...(cutBy ? [cutBy] : [])];
    return { items, truncated: truncatedBy.length > 0, truncatedBy, servedBy, ...(note !== undefined && { note }), hidden };
  }

  return {
    async neighbours({ id, depth = 1, direction = 'both', type, limit = 500, asOf }: GetNeighboursRequest, call: Call): Promise<Surroundings> {
      const types = await chooseTypes(models, type);
      const showing = await open(id, call, asOf);
      const question = { itemId: id, depth, direction, types, limit, timeout: timeLeft(call), ...momentOf(showing) };
      return list(id, await graph.neighbours(question), limit, showing);
    },

    async impact({ id, depth = 6, limit = 100, down, asOf }: GetImpactRequest, call: Call): Promise<Surroundings> {
      const question = { itemId: id, depth, limit: mostReached, timeout: timeLeft(call), down, ...(asOf !== undefined && { at: Date.parse(asOf) }) };
      // Everything is walked whoever asks, so that need not wait for what they may see.
      const [showing, reached] = await Promise.all([open(id, call, asOf, down), graph.impact(question)]);
      const [listed, summary] = await Promise.all([
        list(id, reached, limit, showing, ({ state, weight, groups }) => ({ state, weight: roundWeight(weight), groups: groups.map(toStanding) })),
        summariseImpact(database, reached, showing),
      ]);
      return { ...listed, summary };
    },
  };
}

function momentOf({ at }: Showing): { at?: number } {
  return at === undefined ? {} : { at };
}

function toStanding({ type, members, up, needed }: Group): GroupStanding {
  const reason = { ru: `работают ${up} из ${members}, нужно ${needed}`, en: `${up} of ${members} up, needs ${needed}` };
  return { type, members, up, needed, reason };
}

function timeLeft(call: Call): number {
  return Math.max(0, until(call) - performance.now());
}
