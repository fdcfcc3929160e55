import type { CatalogEvent } from '../../../generated/opora/catalog/v1/events.ts';
import type { Subscription } from '../../../platform/bus/subscription.ts';
import { insertKnownVersions, type KnownVersion } from '../storage/lifecycle-store.ts';
import { kind, type Lifecycles } from './know-lifecycles.ts';

/** Learns every version of a lifecycle as soon as it is published; while the catalogue is down, new tickets begin with the last one that is known. */
export function hearLifecycles(lifecycles: Lifecycles): Subscription<CatalogEvent> {
  return {
    name: 'hear-lifecycles',
    types: ['opora.catalog.v1.DefinitionPublished'],
    async handle(events, { within }) {
      const published = events.filter(({ data }) => data.kind === kind);
      const known: KnownVersion[] = [];
      for (const { data } of published) known.push(await lifecycles.learn(data.name, data.version, within(5_000)));
      return known.length > 0 ? { statements: [insertKnownVersions(known)] } : {};
    },
  };
}
