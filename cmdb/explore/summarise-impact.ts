import type { ImpactSummary } from '../../generated/opora/cmdb/v1/cmdb.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type ReachedService, rankServices } from '../domain/impact/rank-services.ts';
import type { ImpactState, ImpactStep } from '../domain/impact/spread-failure.ts';
import { classesWithin } from '../domain/model/compile-model.ts';
import { type Showing, selectItems } from './select-items.ts';

const mostServices = 50;

/** What an impact comes to: counts of all that was reached, and of that what the reader may see by class and the services that matter most. */
export async function summariseImpact(database: Database, steps: readonly ImpactStep[], showing: Showing): Promise<ImpactSummary> {
  const [classes, found] = await Promise.all([countClasses(database, steps, showing), readServices(database, steps, showing)]);
  const services = rankServices(found, showing.model);
  const count = (state: ImpactState) => steps.filter((step) => step.state === state).length;
  return {
    broken: count('broken'),
    atRisk: count('at_risk'),
    alreadyDown: count('already_down'),
    classes,
    services: services.slice(0, mostServices),
    serviceCount: services.length,
    users: Math.max(0, ...services.map(({ state, userCount = 0 }) => (state === 'broken' ? userCount : 0))),
  };
}

async function countClasses(database: Database, steps: readonly ImpactStep[], showing: Showing): Promise<ImpactSummary['classes']> {
  if (steps.length === 0) return [];
  const ids = steps.map(({ id }) => id);
  return database.query(sql`select class, count(*)::int as items from (${selectItems(ids, showing)}) item group by class order by items desc, class`);
}

interface ServiceRow {
  id: string;
  class: string;
  name: string;
  criticality: unknown;
  userCount: unknown;
  sla: unknown;
}

async function readServices(database: Database, steps: readonly ImpactStep[], { model, masked, ...showing }: Showing): Promise<ReachedService[]> {
  const affected = new Map(steps.filter(({ state }) => state !== 'already_down').map((step) => [step.id, step]));
  if (affected.size === 0) return [];
  const rows = await database.query<ServiceRow>(
    sql`select id, class, name, attributes -> 'criticality' as criticality, attributes -> 'userCount' as "userCount", attributes -> 'sla' as sla
      from (${selectItems([...affected.keys()], showing)}) item where class = any(${classesWithin(model, 'service')}::text[])`,
  );
  return rows.flatMap(({ id, class: itemClass, name, criticality, userCount, sla }) => {
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
  });
}
