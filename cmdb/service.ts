import { z } from 'zod';
import { CmdbService } from '../generated/opora/cmdb/v1/cmdb.ts';
import { ModelService } from '../generated/opora/cmdb/v1/model.ts';
import { subscription } from '../platform/bus/subscription.ts';
import { defineService, serve } from '../platform/service/define-service.ts';
import type { Graph } from './graph/graph.ts';
import { keepProjection, type ProjectionKeeper } from './graph/keep-projection.ts';
import { neo4jGraph } from './graph/neo4j-graph.ts';
import { postgresGraph } from './graph/postgres-graph.ts';
import { projectGraph } from './graph/project-graph.ts';
import type { Space } from './graph/projection.ts';
import { openModels } from './model/models.ts';
import { seedModel } from './model/seed-model.ts';
import { workOnModels } from './model/work-on-models.ts';
import { modelMethods } from './model-methods.ts';
import { cmdbMethods } from './rpc.ts';
import { endRelations } from './subscriptions.ts';

/** Who answers questions about the graph, and what a projection of it needs besides. */
interface GraphSide {
  graph: Graph;
  projection?: { space: Space; keeper: ProjectionKeeper };
}

export const cmdb = defineService({
  name: 'cmdb',
  needs: [],
  config: z.object({}),
  migrations: new URL('./storage/migrations/', import.meta.url),
  async start({ database, graph: choose, clock, newId, log }) {
    await seedModel({ database, newId, now: clock.now(), log });
    const models = openModels(database);
    const work = workOnModels({ database, models, clock, log });
    const records = postgresGraph(database, models.current);
    const { graph, projection } = choose<GraphSide>({
      records: () => ({ graph: records }),
      neo4j(driver) {
        const space = { driver, label: 'Item' };
        const keeper = keepProjection({ space, database, models, log });
        return { graph: neo4jGraph({ space, records, keeper, currentModel: models.current }), projection: { space, keeper } };
      },
    });
    return {
      serves: [
        serve(CmdbService, cmdbMethods({ database, graph, models, ...(projection && { keeper: projection.keeper }) })),
        serve(ModelService, modelMethods({ database, models, wake: work.wake })),
      ],
      subscriptions: [subscription(endRelations(database)), ...(projection ? [subscription(projectGraph(projection.space, models))] : [])],
      async stop() {
        await Promise.all([work.stop(), projection?.keeper.stop()]);
      },
    };
  },
});
