import { z } from 'zod';
import { CatalogService } from '../../generated/opora/catalog/v1/catalog.ts';
import { definitionPublished } from '../../generated/opora/catalog/v1/events.ts';
import { readNames } from '../../platform/definitions/definition-store.ts';
import type { DefinitionParts } from '../../platform/definitions/definitions.ts';
import { declareKinds } from '../../platform/definitions/kinds.ts';
import { seedDefinitions } from '../../platform/definitions/seed-definitions.ts';
import { defineService, serve } from '../../platform/service/define-service.ts';
import { lifecycleKind } from './kinds/lifecycle-kind.ts';
import { matrixKind } from './kinds/matrix-kind.ts';
import { policyKind } from './kinds/policy-kind.ts';
import { readShipped } from './read-shipped.ts';
import { catalogMethods } from './rpc.ts';

export const catalog = defineService({
  name: 'catalog',
  needs: [],
  config: z.object({}),
  async start({ database, clock, contract, client, within }) {
    const declaring = { contract, client, within };
    const parts: DefinitionParts = {
      database,
      kinds: declareKinds([lifecycleKind(declaring), matrixKind(declaring), policyKind(declaring)], contract, (kind) => readNames(database, kind)),
      announce: ({ kind, name, version, comment, rolledBackTo, actorId, actorName }) =>
        definitionPublished({
          definitionId: `${kind}/${name}`,
          kind,
          name,
          version,
          ...(comment !== undefined && { comment }),
          ...(rolledBackTo !== undefined && { rolledBackTo }),
          actorId,
          actorName,
        }),
    };
    await seedDefinitions(parts, await readShipped(), clock);
    return { serves: [serve(CatalogService, catalogMethods(parts))] };
  },
});
