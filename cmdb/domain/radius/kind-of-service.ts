import type { CompiledModel } from '../model/compile-model.ts';

/** What people call a service, as the packs of the model have it; what stands first is more special. */
const kinds = [
  ['offering', 'service_offering'],
  ['instance', 'service_instance'],
  ['service', 'service'],
  ['application', 'business_application'],
] as const;
export type ServiceKind = (typeof kinds)[number][0];

/** Whether items of the class are services, and of what kind; undefined for all others. */
export function kindOfService(itemClass: string, model: Pick<CompiledModel, 'isA'>): ServiceKind | undefined {
  return kinds.find(([, ancestor]) => model.isA(itemClass, ancestor))?.[0];
}
