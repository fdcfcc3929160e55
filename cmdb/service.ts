import { z } from 'zod';
import { CmdbService } from '../generated/opora/cmdb/v1/cmdb.ts';
import { ComparisonService } from '../generated/opora/cmdb/v1/comparison.ts';
import { GraphConsoleService } from '../generated/opora/cmdb/v1/console.ts';
import { BulkEditService } from '../generated/opora/cmdb/v1/edits.ts';
import { GraphService } from '../generated/opora/cmdb/v1/graph.ts';
import { HealthService } from '../generated/opora/cmdb/v1/health.ts';
import { HistoryService } from '../generated/opora/cmdb/v1/history.ts';
import { ImportService } from '../generated/opora/cmdb/v1/imports.ts';
import { ModelService } from '../generated/opora/cmdb/v1/model.ts';
import { QueryService } from '../generated/opora/cmdb/v1/queries.ts';
import { RadiusService } from '../generated/opora/cmdb/v1/radius.ts';
import { ReminderService } from '../generated/opora/cmdb/v1/reminders.ts';
import { SourceService } from '../generated/opora/cmdb/v1/sources.ts';
import { StocktakeService } from '../generated/opora/cmdb/v1/stocktakes.ts';
import { TimelineService } from '../generated/opora/cmdb/v1/timeline.ts';
import { subscription } from '../platform/bus/subscription.ts';
import { defineService, serve } from '../platform/service/define-service.ts';
import { hearChanges } from './authorisation/hear-changes.ts';
import { comparing } from './comparison/compare.ts';
import { type ConsoleSpace, consoleMethods } from './console/query-graph.ts';
import { bulkEditMethods } from './edits/edit-methods.ts';
import { keepBulkEdits } from './edits/keep-bulk-edits.ts';
import { graphMethods } from './explore/graph-methods.ts';
import { keepWords } from './find/keep-words.ts';
import { queryMethods } from './find/saved-queries.ts';
import type { Graph } from './graph/graph.ts';
import { keepProjection } from './graph/keep-projection.ts';
import { keepMemory } from './graph/memory/keep-memory.ts';
import { memoryGraph } from './graph/memory/memory-graph.ts';
import { neo4jGraph } from './graph/neo4j-graph.ts';
import { postgresGraph } from './graph/postgres-graph.ts';
import { projectGraph } from './graph/project-graph.ts';
import { type ChooseSpace, chooseSpace, type Replica } from './graph/replicas.ts';
import { healthMethods } from './health/health-methods.ts';
import { beginHealth, keepHealth } from './health/keep-health.ts';
import { historyMethods } from './history/history-methods.ts';
import { keepHistory } from './history/keep-history.ts';
import { revertChangeSets } from './history/revert-change-sets.ts';
import { importMethods } from './imports/import-methods.ts';
import { workOnImports } from './imports/work-on-imports.ts';
import { itemUseCases } from './items.ts';
import { joinTimers } from './join-timers.ts';
import { openModels } from './model/models.ts';
import { seedModel } from './model/seed-model.ts';
import { workOnModels } from './model/work-on-models.ts';
import { modelMethods } from './model-methods.ts';
import { radiusMethods } from './radius/assess-radius.ts';
import { beginReminders, keepReminders } from './reminders/keep-reminders.ts';
import { listDeadlines } from './reminders/list-deadlines.ts';
import { rightsReader } from './rights/rights.ts';
import { cmdbMethods, toItem } from './rpc.ts';
import { keepSources } from './sources/keep-sources.ts';
import { sourceMethods } from './sources/source-methods.ts';
import { pageTaker } from './sources/take-page.ts';
import { keepStocktakes } from './stocktakes/keep-stocktakes.ts';
import { stocktakeMethods } from './stocktakes/stocktake-methods.ts';
import { endRelations } from './subscriptions.ts';
import { listDeclared } from './timeline/declared-types.ts';
import { keepTimeline } from './timeline/keep-timeline.ts';
import { timelineMethods } from './timeline/timeline-methods.ts';

/** Who answers questions about the graph, and the projections of it. */
interface GraphSide {
  graph: Graph;
  replicas: readonly Replica[];
  /** For Cypher. */
  choose?: ChooseSpace<ConsoleSpace>;
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
    OPORA_CMDB_GRAPH_MEMORY: z.coerce
      .number()
      .int()
      .nonnegative()
      .optional()
      .describe('megabytes that the graph may take in memory, 0 for none; 512 when it is not set, and where there is a Neo4j none'),
  }),
  migrations: new URL('./storage/migrations/', import.meta.url),
  async start({ config, clock, contract, database, graph: choose, log, newId }) {
    await seedModel({ database, newId, now: clock.now(), log });
    const models = openModels(database);
    const work = workOnModels({ database, models, clock, log });
    const records = postgresGraph(database, models.current);
    const {
      graph: engine,
      replicas,
      choose: chooseForCypher,
    } = choose<GraphSide>({
      records: () => ({ graph: records, replicas: [] }),
      neo4j(servers) {
        const kept = servers.map((server) => {
          const space = { ...server, label: 'Item' };
          return { space, keeper: keepProjection({ space, database, models, log }) };
        });
        const choose = chooseSpace(kept);
        return { graph: neo4jGraph({ choose, database, records, currentModel: models.current }), replicas: kept, choose };
      },
    });
    const megabytes = config.OPORA_CMDB_GRAPH_MEMORY ?? (replicas.length > 0 ? 0 : 512);
    const memory = megabytes > 0 ? keepMemory({ database, log, megabytes }) : undefined;
    const graph = memory ? memoryGraph({ memory, otherwise: engine, currentModel: models.current }) : engine;
    const parts = { database, models, model: models.current };
    const takePage = pageTaker(parts);
    await database.commit({ statements: [beginReminders(clock.now()), beginHealth(clock.now())] });
    const imports = workOnImports({ ...parts, takePage, newId, clock, log });
    const declared = listDeclared(contract);
    const words = keepWords({ database, models, clock, log });
    const history = keepHistory({ database, clock, log, keptYears: config.OPORA_CMDB_HISTORY_YEARS });
    return {
      serves: [
        serve(CmdbService, cmdbMethods({ ...parts, takePage, graph, replicas, memory })),
        serve(RadiusService, radiusMethods({ database, graph, models })),
        serve(GraphService, graphMethods({ ...parts, memory })),
        serve(GraphConsoleService, consoleMethods({ model: models.current, choose: chooseForCypher })),
        serve(ModelService, modelMethods({ database, models, wake: work.wake })),
        serve(
          HistoryService,
          historyMethods({ database, items: itemUseCases({ ...parts, takePage }), rightsFor: rightsReader(models.current), toItem }),
        ),
        serve(ComparisonService, { compare: comparing(parts) }),
        serve(QueryService, queryMethods(parts)),
        serve(HealthService, healthMethods(parts)),
        serve(ReminderService, { listDeadlines: async (request, call) => listDeadlines(database, request, await models.current(), call.now) }),
        serve(SourceService, sourceMethods({ ...parts, takePage })),
        serve(BulkEditService, bulkEditMethods(parts)),
        serve(StocktakeService, stocktakeMethods({ ...parts, takePage })),
        serve(TimelineService, timelineMethods({ database, declared, model: models.current, memory })),
        serve(ImportService, importMethods({ ...parts, wake: imports.wake })),
      ],
      subscriptions: [
        subscription(endRelations(database)),
        subscription(revertChangeSets(parts)),
        subscription(hearChanges(database)),
        ...(declared.size > 0 ? [keepTimeline(declared)] : []),
        ...replicas.map(({ space }) => subscription(projectGraph(space, models))),
      ],
      timers: joinTimers(
        keepSources({ ...parts, newId }),
        keepBulkEdits({ ...parts, newId }),
        keepStocktakes({ ...parts, newId }),
        keepReminders(parts),
        keepHealth({ ...parts, newId }),
      ),
      async stop() {
        await Promise.all([
          history.stop(),
          work.stop(),
          imports.stop(),
          words.stop(),
          memory?.stop(),
          ...replicas.map(({ keeper }) => keeper.stop()),
        ]);
      },
    };
  },
});
