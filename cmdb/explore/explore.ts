import type { GetImpactRequest, GetNeighboursRequest, GroupStanding, ReachedItem, Surroundings } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import type { Group } from '../domain/impact/spread-failure.ts';
import { checkRelationType } from '../domain/model/check-relation.ts';
import { pointTo } from '../domain/model/pointer.ts';
import type { Graph, Reached, Step } from '../graph/graph.ts';
import { judgeByModel, type Models } from '../model/models.ts';
import { rightsReader } from '../rights/rights.ts';
import { type Showing, selectItems } from './select-items.ts';
import { summariseImpact } from './summarise-impact.ts';

const mostMilliseconds = 2_000;
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
  const rightsFor = rightsReader(models.current);

  async function refuseUnknown(id: string, down: readonly string[], showing: Showing): Promise<void> {
    const known = new Set((await readItems([id, ...down], showing)).keys());
    if (!known.has(id)) throw new AppError('not_found', `There is no item "${id}"${at(showing)}.`);
    const unknown = down.flatMap((one, index) =>
      known.has(one) ? [] : [{ pointer: pointTo('/down', index), message: `there is no item "${one}"${at(showing)}` }],
    );
    if (unknown.length > 0) throw new AppError('invalid_input', 'Not all of what is said to be down is known.', { violations: unknown });
  }

  async function readItems(ids: readonly string[], showing: Showing): Promise<Map<string, { id: string; class: string; name: string }>> {
    const rows = await database.query<{ id: string; class: string; name: string }>(
      sql`select id, class, name from (${selectItems(ids, showing)}) item`,
    );
    return new Map(rows.map((row) => [row.id, row]));
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
    const named = await readItems(
      listed.map(({ id }) => id),
      showing,
    );
    const visible = showing.sight.seesAll ? undefined : new Set([start, ...seen.map(({ id }) => id)]);
    const items = listed.flatMap((step): ReachedItem[] => {
      const item = named.get(step.id);
      if (!item) return [];
      const viaHidden = visible !== undefined && !visible.has(step.via.id);
      const via = viaHidden ? {} : { viaId: step.via.id, viaType: step.via.type };
      return [{ ...item, distance: step.distance, ...via, viaHidden, groups: [], ...more(step) }];
    });
    const truncatedBy: Surroundings['truncatedBy'] = [...(seen.length > limit ? (['limit'] as const) : []), ...(cutBy ? [cutBy] : [])];
    return { items, truncated: truncatedBy.length > 0, truncatedBy, servedBy, ...(note !== undefined && { note }), hidden };
  }

  return {
    async neighbours({ id, depth = 1, direction = 'both', type, limit = 500, asOf }: GetNeighboursRequest, call: Call): Promise<Surroundings> {
      const { violations, known } = await judgeByModel(models, (model) => ({
        violations: type.flatMap((name, index) => checkRelationType(model, name, `/type/${index}`)),
        known: [...model.relationTypes.keys()],
      }));
      if (violations.length > 0) throw new AppError('invalid_input', 'Not all of these are types of relations.', { violations });
      const { sight } = await rightsFor(call);
      const showing = { sight, ...momentOf(asOf) };
      await refuseUnknown(id, [], showing);
      const types = type.length > 0 ? type : known;
      const question = { itemId: id, depth, direction, types, limit, timeout: timeLeft(call), ...momentOf(asOf) };
      return list(id, await graph.neighbours(question), limit, showing);
    },

    async impact({ id, depth = 6, limit = 100, down, asOf }: GetImpactRequest, call: Call): Promise<Surroundings> {
      const { sight, masked } = await rightsFor(call);
      const showing = { sight, masked, ...momentOf(asOf) };
      await refuseUnknown(id, down, showing);
      const question = { itemId: id, depth, limit: mostReached, timeout: timeLeft(call), down, ...momentOf(asOf) };
      const reached = await graph.impact(question);
      const [listed, summary] = await Promise.all([
        list(id, reached, limit, showing, ({ state, weight, groups }) => ({ state, weight: round(weight), groups: groups.map(toStanding) })),
        summariseImpact(database, await models.current(), reached.steps, showing),
      ]);
      return { ...listed, summary };
    },
  };
}

function momentOf(asOf: string | undefined): { at?: number } {
  return asOf === undefined ? {} : { at: Date.parse(asOf) };
}

function at({ at: moment }: Showing): string {
  return moment === undefined ? '' : ` at ${new Date(moment).toISOString()}`;
}

function toStanding({ type, members, up, needed }: Group): GroupStanding {
  const reason = { ru: `работают ${up} из ${members}, нужно ${needed}`, en: `${up} of ${members} up, needs ${needed}` };
  return { type, members, up, needed, reason };
}

function round(weight: number): number {
  return Math.round(weight * 10_000) / 10_000;
}

/** Half of what the caller still waits: the other half is for naming what was found. */
function timeLeft({ deadline }: Call): number {
  return Math.max(0, Math.min(mostMilliseconds, (deadline - Date.now()) / 2));
}
