import type { CompiledModel } from '../model/compile-model.ts';

/** What people call a service, as the packs of the model have it: the most important first. */
const kinds = [
  ['offering', 'service_offering'],
  ['instance', 'service_instance'],
  ['service', 'service'],
  ['application', 'business_application'],
] as const;
export type ServiceKind = (typeof kinds)[number][0];

const kindOrder: readonly ServiceKind[] = ['service', 'offering', 'application', 'instance'];
const criticalities: readonly unknown[] = ['critical', 'high', 'medium', 'low'];

/** Whether items of the class are services, and of what kind; undefined for all others. */
export function kindOfService(itemClass: string, model: Pick<CompiledModel, 'isA'>): ServiceKind | undefined {
  return kinds.find(([, ancestor]) => model.isA(itemClass, ancestor))?.[0];
}

export interface RankedService {
  id: string;
  kind: ServiceKind;
  /** `critical`, `high`, `medium`, `low`; what is anything else comes after them. */
  criticality: string | null;
  distance: number;
  /** It holds, but would not without one more. */
  isAtRisk?: boolean;
  userCount?: number;
  /** What it is promised by. */
  sla?: string;
}

/** Orders services by their importance: what is broken first, then criticality, kind (what the business gets before what is deployed), users, a promise, nearness. */
export function rankServices<One extends RankedService>(services: readonly One[]): One[] {
  const place = (index: number, all: readonly unknown[]) => (index === -1 ? all.length : index);
  const ranks = ({ isAtRisk, criticality, kind, userCount = 0, sla, distance }: One) => [
    isAtRisk ? 1 : 0,
    place(criticalities.indexOf(criticality), criticalities),
    kindOrder.indexOf(kind),
    -userCount,
    sla === undefined ? 1 : 0,
    distance,
  ];
  return services
    .map((service) => ({ service, ranks: ranks(service) }))
    .sort((one, other) => compare(one.ranks, other.ranks) || (one.service.id < other.service.id ? -1 : 1))
    .map(({ service }) => service);
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, rank] of one.entries()) {
    const difference = rank - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
