import type { AssessRadiusRequest, Coverage, DescribeItemsResponse, Radius, RadiusPlaces } from '../../generated/opora/cmdb/v1/radius.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { rankServices } from '../domain/impact/rank-services.ts';
import type { ImpactStep } from '../domain/impact/spread-failure.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { findWay, joinWalks } from '../domain/radius/join-walks.ts';
import { kindOfService, type ServiceKind } from '../domain/radius/kind-of-service.ts';
import { until } from '../explore/question.ts';
import type { Graph, Reached } from '../graph/graph.ts';
import type { Models } from '../model/models.ts';
import { rightsReader } from '../rights/rights.ts';

const mostReached = 5_000;
const mostClasses = 50;
const mostPlaces = 1_000;
const mostAgreements = 50;
const depth = 6;

export interface RadiusParts {
  database: Database;
  graph: Graph;
  models: Pick<Models, 'current'>;
}

interface FoundItem {
  id: string;
  class: string;
  organisation: string | null;
  site: string | null;
  criticality: unknown;
  userCount: unknown;
  sla: unknown;
}

/** What is broken or put at risk; what was down before is no consequence. */
type Step = ImpactStep & { state: 'broken' | 'at_risk' };

/** What items that break together break, reckoned over everything; and the names of what a reader may see of it. */
export function radiusMethods({ database, graph, models }: RadiusParts) {
  const rightsFor = rightsReader(models.current);

  return {
    async assessRadius({ items, services: most = 20, withPlaces }: AssessRadiusRequest, call: Call): Promise<Radius> {
      const model = await models.current();
      const starts = await findStarts(database, items);
      const { steps, truncated, servedBy, note } = await walkFrom(starts, call);
      const byId = new Map(steps.map((step) => [step.id, step]));
      const found = await readItems(database, [...starts, ...byId.keys()]);
      const reached = found.filter(({ id }) => byId.has(id));
      const services = rankServices(
        reached.flatMap((item) => {
          const [kind, step] = [kindOfService(item.class, model), byId.get(item.id)];
          return kind && step ? [toService(item, kind, step)] : [];
        }),
        model,
      );
      const count = (state: Step['state']) => reached.filter(({ id }) => byId.get(id)?.state === state).length;
      const told = services.slice(0, most);
      return {
        at: new Date(call.now).toISOString(),
        known: starts.length,
        total: count('broken'),
        atRisk: count('at_risk'),
        users: Math.max(0, ...services.map(({ state, userCount = 0 }) => (state === 'broken' ? userCount : 0))),
        classes: countByClass(reached),
        services: told.map(({ id, class: itemClass, kind, state, distance }) => ({
          id,
          class: itemClass,
          kind,
          state,
          distance,
          way: findWay(id, byId),
        })),
        serviceTotal: services.length,
        truncated,
        servedBy,
        ...(note !== undefined && { note }),
        ...(withPlaces && { places: await readPlaces(found, steps, [...starts, ...told.map(({ id }) => id)], model) }),
      };
    },

    async describeItems({ ids }: { ids: readonly string[] }, call: Call): Promise<DescribeItemsResponse> {
      const { sight, masked } = await rightsFor(call);
      const rows = await database.query<{ id: string; class: string; name: string; attributes: Record<string, unknown> }>(
        sql`select id, class, name, attributes from item where id = any(${ids}::uuid[]) and ${sight.items()}`,
      );
      return {
        items: rows.map(({ attributes, ...item }) => {
          const shown = (name: string) => (masked.has(name) || typeof attributes[name] !== 'string' ? {} : { [name]: attributes[name] });
          const users = attributes['userCount'];
          return {
            ...item,
            ...shown('organisation'),
            ...shown('commitment'),
            ...shown('criticality'),
            ...shown('sla'),
            ...(!masked.has('userCount') && isCount(users) && { userCount: users }),
          };
        }),
      };
    },
  };

  /** One walk after the other, all within one time; what was reached by then is the answer. */
  async function walkFrom(starts: readonly string[], call: Call): Promise<Omit<Reached<Step>, 'cutBy'> & { truncated: boolean }> {
    const end = until(call);
    const walks: Step[][] = [];
    const answers: Reached<ImpactStep>[] = [];
    for (const itemId of starts) {
      const timeout = end - performance.now();
      if (timeout <= 0) break;
      // All of them break together: in the groups of one the others are down.
      const answer = await graph.impact({ itemId, depth, limit: mostReached, timeout, down: starts.filter((other) => other !== itemId) });
      answers.push(answer);
      walks.push(answer.steps.filter((step): step is Step => step.state !== 'already_down'));
    }
    const { steps, truncated } = joinWalks(starts, walks, mostReached);
    const [first] = answers;
    const note = answers.find((answer) => answer.note !== undefined)?.note;
    return {
      steps,
      truncated: truncated || answers.length < starts.length || answers.some((answer) => answer.cutBy !== undefined),
      servedBy: first && answers.every(({ servedBy }) => servedBy === first.servedBy) ? first.servedBy : 'records',
      ...(note !== undefined && { note }),
    };
  }

  async function readPlaces(
    found: readonly FoundItem[],
    steps: readonly Step[],
    covered: readonly string[],
    model: CompiledModel,
  ): Promise<RadiusPlaces> {
    const agreements = await database.query<Coverage>(
      sql`select from_id as "agreementId", to_id as "itemId" from relation
        where to_id = any(${covered}::uuid[]) and type = 'covers' and state = 'active' order by to_id, from_id limit ${mostAgreements + 1}::int`,
    );
    const classes = found.flatMap((item) => [item.class, ...(model.classes.get(item.class)?.ancestors ?? [])]);
    const active = new Set(found.map(({ id }) => id));
    return {
      organisations: distinct(found.map(({ organisation }) => organisation)),
      sites: distinct(found.map(({ site }) => site)),
      classes: distinct(classes),
      reached: steps.flatMap(({ id }) => (active.has(id) ? [id] : [])),
      agreements: agreements.slice(0, mostAgreements),
      agreementsTruncated: agreements.length > mostAgreements,
    };
  }
}

/** The items in use that are meant: one that went into another is that other. */
async function findStarts(database: Database, ids: readonly string[]): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    sql`select distinct meant.id from item named join item meant on meant.id = coalesce(named.merged_into, named.id)
      where named.id = any(${ids}::uuid[]) and meant.state = 'active' order by meant.id`,
  );
  return rows.map(({ id }) => id);
}

function readItems(database: Database, ids: readonly string[]): Promise<FoundItem[]> {
  return database.query<FoundItem>(
    sql`select id, class, organisation, site, attributes -> 'criticality' as criticality, attributes -> 'userCount' as "userCount", attributes -> 'sla' as sla
      from item where id = any(${ids}::uuid[]) and state = 'active'`,
  );
}

function toService({ id, class: itemClass, criticality, userCount, sla }: FoundItem, kind: ServiceKind, { state, distance, weight }: Step) {
  return {
    id,
    class: itemClass,
    kind,
    state,
    distance,
    weight,
    ...(typeof criticality === 'string' && { criticality }),
    ...(isCount(userCount) && { userCount }),
    ...(typeof sla === 'string' && { sla }),
  };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value);
}

function countByClass(items: readonly FoundItem[]): { class: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item.class, (counts.get(item.class) ?? 0) + 1);
  return [...counts]
    .map(([itemClass, count]) => ({ class: itemClass, count }))
    .sort((one, other) => other.count - one.count || (one.class < other.class ? -1 : 1))
    .slice(0, mostClasses);
}

function distinct(values: readonly (string | null)[]): string[] {
  return [...new Set(values.flatMap((value) => value ?? []))].sort().slice(0, mostPlaces);
}
