import type { ImpactSummary } from '../../generated/opora/cmdb/v1/cmdb.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type ReachedService, rankServices } from '../domain/impact/rank-services.ts';
import type { ImpactState, ImpactStep } from '../domain/impact/spread-failure.ts';
import { classesWithin } from '../domain/model/compile-model.ts';
import type { Reached } from '../graph/graph.ts';
import { type Showing, selectItems } from './select-items.ts';

const mostServices = 50;

/** What an impact comes to: counts of all that was reached, and of that what the reader may see by class and the services that matter most. */
export async function summariseImpact(database: Database, { steps, classes }: Reached<ImpactStep>, showing: Showing): Promise<ImpactSummary> {
  const isKnown = classes !== undefined && showing.sight.seesAll;
  const rows = await (isKnown ? readServices(database, countClasses(steps, classes), showing) : readClasses(database, steps, showing));
  const services = rankServices(listServices(rows, steps, showing), showing.model);
  const count = (state: ImpactState) => steps.filter((step) => step.state === state).length;
  return {
    broken: count('broken'),
    atRisk: count('at_risk'),
    alreadyDown: count('already_down'),
    classes: rows.map(({ class: itemClass, items }) => ({ class: itemClass, items })),
    services: services.slice(0, mostServices).map((service) => ({ ...service, weight: roundWeight(service.weight) })),
    serviceCount: services.length,
    users: Math.max(0, ...services.map(({ state, userCount = 0 }) => (state === 'broken' ? userCount : 0))),
  };
}

interface ClassRow {
  class: string;
  items: number;
  /** Of a class of services: each as [id, name, criticality, users, SLA]. */
  services: [string, string, unknown, unknown, unknown][] | null;
}

/** All in one pass: what was reached is thousands of items, and each is read once. */
async function readClasses(database: Database, steps: readonly ImpactStep[], showing: Showing): Promise<ClassRow[]> {
  if (steps.length === 0) return [];
  const services = classesWithin(showing.model, 'service');
  return database.query<ClassRow>(
    sql`select class, count(*)::int as items, json_agg(json_build_array(id, name, attributes -> 'criticality', attributes -> 'userCount', attributes -> 'sla'))
        filter (where class = any(${services}::text[])) as services
      from (${selectItems(
        steps.map(({ id }) => id),
        showing,
      )}) item group by class order by items desc, class`,
  );
}

/** Classes that are known already, and of those of services the ids. */
function countClasses(steps: readonly ImpactStep[], classes: readonly string[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const [index, { id }] of steps.entries()) {
    const itemClass = classes[index] ?? '';
    const own = ids.get(itemClass);
    if (own) own.push(id);
    else ids.set(itemClass, [id]);
  }
  return ids;
}

/** Only what services say of themselves is read. */
async function readServices(database: Database, classes: ReadonlyMap<string, readonly string[]>, { model }: Showing): Promise<ClassRow[]> {
  const rows = [...classes].map(([itemClass, ids]): ClassRow => ({ class: itemClass, items: ids.length, services: [] }));
  const services = new Map(rows.filter((row) => model.isA(row.class, 'service')).map((row) => [row.class, row.services ?? []]));
  const ids = [...services.keys()].flatMap((itemClass) => classes.get(itemClass) ?? []);
  const found =
    ids.length === 0
      ? []
      : await database.query<{ class: string; id: string; name: string; criticality: unknown; users: unknown; sla: unknown }>(
          sql`select class, id, name, attributes -> 'criticality' as criticality, attributes -> 'userCount' as users, attributes -> 'sla' as sla
            from item where id = any(${ids}::uuid[])`,
        );
  for (const { class: itemClass, id, name, criticality, users, sla } of found) services.get(itemClass)?.push([id, name, criticality, users, sla]);
  return rows.sort((one, other) => other.items - one.items || (one.class < other.class ? -1 : 1));
}

function listServices(rows: readonly ClassRow[], steps: readonly ImpactStep[], { masked }: Showing): ReachedService[] {
  const affected = new Map(steps.filter(({ state }) => state !== 'already_down').map((step) => [step.id, step]));
  return rows.flatMap(({ class: itemClass, services }) =>
    (services ?? []).flatMap(([id, name, criticality, userCount, sla]) => {
      const step = affected.get(id);
      if (!step) return [];
      return {
        id,
        class: itemClass,
        name,
        state: step.state,
        weight: step.weight,
        ...(typeof criticality === 'string' && !masked.has('criticality') && { criticality }),
        ...(typeof userCount === 'number' && Number.isInteger(userCount) && !masked.has('userCount') && { userCount }),
        ...(typeof sla === 'string' && !masked.has('sla') && { sla }),
      };
    }),
  );
}

export function roundWeight(weight: number): number {
  return Math.round(weight * 10_000) / 10_000;
}
