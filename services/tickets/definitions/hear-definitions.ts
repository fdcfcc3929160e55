import type { CatalogEvent } from '../../../generated/opora/catalog/v1/events.ts';
import type { Subscription } from '../../../platform/bus/subscription.ts';
import { insertKnownVersions, type KnownVersion } from '../storage/known-store.ts';
import type { KnownDefinitions } from './know-definitions.ts';

/** Learns every version of what tickets works by as soon as it is published. */
export function hearDefinitions(definitions: KnownDefinitions): Subscription<CatalogEvent> {
  return {
    name: 'hear-definitions',
    types: ['opora.catalog.v1.DefinitionPublished'],
    async handle(events, { within }) {
      const known: KnownVersion[] = [];
      for (const { data } of events) {
        if (definitions.follows(data.kind)) known.push(await definitions.learn(data, within(5_000)));
      }
      return known.length > 0 ? { statements: [insertKnownVersions(known)] } : {};
    },
  };
}
