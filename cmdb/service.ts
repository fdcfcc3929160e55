import { z } from 'zod';
import { CmdbService } from '../generated/opora/cmdb/v1/cmdb.ts';
import { HistoryService } from '../generated/opora/cmdb/v1/history.ts';
import { ModelService } from '../generated/opora/cmdb/v1/model.ts';
import { ReminderService } from '../generated/opora/cmdb/v1/reminders.ts';
import { SourceService } from '../generated/opora/cmdb/v1/sources.ts';
import { subscription } from '../platform/bus/subscription.ts';
import { defineService, serve } from '../platform/service/define-service.ts';
import { hearChanges } from './authorisation/hear-changes.ts';
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
import { openModels } from './model/models.ts';
import { seedModel } from './model/seed-model.ts';
import { workOnModels } from './model/work-on-models.ts';
import { modelMethods } from './model-methods.ts';
import { beginReminders, keepReminders } from './reminders/keep-reminders.ts';
import { listDeadlines } from './reminders/list-deadlines.ts';
import { routeTimers } from './route-timers.ts';
import { cmdbMethods, toItem } from './rpc.ts';
import { keepSources } from './sources/keep-sources.ts';
import { sourceMethods } from './sources/source-methods.ts';
import { pageTaker } from './sources/take-page.ts';
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
  async start({ config, clock, database, graph: choose, log, newId }) {
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
    const parts = { database, models, model: models.current };
    const takePage = pageTaker(parts);
    await database.commit({ statements: [beginReminders(clock.now())] });
    const history = keepHistory({ database, clock, log, keptYears: config.OPORA_CMDB_HISTORY_YEARS });
    return {
      serves: [
        serve(CmdbService, cmdbMethods({ ...parts, takePage, graph, ...(projection && { keeper: projection.keeper }) })),
        serve(ModelService, modelMethods({ database, models, wake: work.wake })),
        serve(HistoryService, historyMethods({ database, items: itemUseCases({ ...parts, takePage }), toItem })),
        serve(ReminderService, { listDeadlines: async (request, call) => listDeadlines(database, request, await models.current(), call.now) }),
        serve(SourceService, sourceMethods({ ...parts, takePage })),
      ],
      subscriptions: [
        subscription(endRelations(database)),
        subscription(revertChangeSets(parts)),
        subscription(hearChanges(database)),
        ...(projection ? [subscription(projectGraph(projection.space, models))] : []),
      ],
      timers: routeTimers(keepSources({ ...parts, newId }), keepReminders(parts)),
      async stop() {
        await Promise.all([history.stop(), work.stop(), projection?.keeper.stop()]);
      },
    };
  },
});
