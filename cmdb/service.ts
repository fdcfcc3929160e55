import { z } from 'zod';
import { CmdbService } from '../generated/opora/cmdb/v1/cmdb.ts';
import { HistoryService } from '../generated/opora/cmdb/v1/history.ts';
import { subscription } from '../platform/bus/subscription.ts';
import { defineService, serve } from '../platform/service/define-service.ts';
import type { Graph } from './graph/graph.ts';
import { keepProjection, type ProjectionKeeper } from './graph/keep-projection.ts';
import { neo4jGraph } from './graph/neo4j-graph.ts';
import { postgresGraph } from './graph/postgres-graph.ts';
import { projectGraph } from './graph/project-graph.ts';
import type { Space } from './graph/projection.ts';
import { historyMethods } from './history/history-methods.ts';
import { keepHistory } from './history/keep-history.ts';
import { revertChangeSets } from './history/revert-change-sets.ts';
import { itemUseCases } from './items.ts';
import { cmdbMethods, toItem } from './rpc.ts';
import { endRelations } from './subscriptions.ts';

/** Who answers questions about the graph, and what a projection of it needs besides. */
interface GraphSide {
  graph: Graph;
  projection?: { space: Space; keeper: ProjectionKeeper };
}

export const cmdb = defineService({
  name: 'cmdb',
  needs: [],
  config: z.object({
    OPORA_CMDB_HISTORY_YEARS: z.coerce
      .number()
      .int()
      .positive()
      .optional()
      .describe('whole years of history of items and relations that are kept; all when it is not set'),
  }),
  migrations: new URL('./storage/migrations/', import.meta.url),
  start({ config, clock, database, graph: choose, log }) {
    const records = postgresGraph(database);
    const { graph, projection } = choose<GraphSide>({
      records: () => ({ graph: records }),
      neo4j(driver) {
        const space = { driver, label: 'Item' };
        const keeper = keepProjection({ space, database, log });
        return { graph: neo4jGraph({ space, records, keeper }), projection: { space, keeper } };
      },
    });
    const history = keepHistory({ database, clock, log, keptYears: config.OPORA_CMDB_HISTORY_YEARS });
    return {
      serves: [
        serve(CmdbService, cmdbMethods({ database, graph, ...(projection && { keeper: projection.keeper }) })),
        serve(HistoryService, historyMethods({ database, items: itemUseCases(database), toItem })),
      ],
      subscriptions: [
        subscription(endRelations(database)),
        subscription(revertChangeSets(database)),
        ...(projection ? [subscription(projectGraph(projection.space))] : []),
      ],
      async stop() {
        await Promise.all([history.stop(), projection?.keeper.stop()]);
      },
    };
  },
});
