import type { CompiledModel } from '../model/compile-model.ts';
import type { ImpactState } from './spread-failure.ts';

/** A service that an impact reaches, with what its attributes say of how much it matters. */
export interface ReachedService {
  id: string;
  class: string;
  name: string;
  state: ImpactState;
  weight: number;
  criticality?: string;
  userCount?: number;
  sla?: string;
}

const criticalities = ['critical', 'high', 'medium', 'low'];
/** What the consumer gets first, then its terms, then the systems that deliver it. */
const kinds = ['business_service', 'service_offering', 'service_instance'];

/** What is broken first, then the most critical, then by kind, by users, by whether it was promised (an SLA), and by how much of the failure gets through. */
export function rankServices<Service extends Omit<ReachedService, 'name'>>(
  services: readonly Service[],
  model: Pick<CompiledModel, 'isA'>,
): Service[] {
  const kindOf = (name: string) => place(kinds.findIndex((kind) => model.isA(name, kind)));
  const ranked = services.map((service) => ({
    service,
    ranks: [
      service.state === 'broken' ? 0 : 1,
      place(criticalities.indexOf(service.criticality ?? '')),
      kindOf(service.class),
      -(service.userCount ?? 0),
      service.sla === undefined ? 1 : 0,
      -service.weight,
    ],
  }));
  ranked.sort((one, other) => compare(one.ranks, other.ranks) || (one.service.id < other.service.id ? -1 : 1));
  return ranked.map(({ service }) => service);
}

/** What is not among those that have a place comes last. */
function place(index: number): number {
  return index < 0 ? Number.MAX_SAFE_INTEGER : index;
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, rank] of one.entries()) {
    const difference = rank - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
