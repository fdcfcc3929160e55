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
}

/** Orders services by their importance: criticality, then kind (what the business gets before what is deployed), then nearness. */
export function rankServices<One extends RankedService>(services: readonly One[]): One[] {
  const weight = ({ criticality }: One) => {
    const place = criticalities.indexOf(criticality);
    return place === -1 ? criticalities.length : place;
  };
  return [...services].sort(
    (one, other) =>
      weight(one) - weight(other) ||
      kindOrder.indexOf(one.kind) - kindOrder.indexOf(other.kind) ||
      one.distance - other.distance ||
      (one.id < other.id ? -1 : 1),
  );
}
