import { createLogger } from '../../../platform/log/logger.ts';
import { openTestDatabase, type TestDatabase } from '../../../platform/postgres/test-database.ts';
import { eventually } from '../../../tests/cmdb/eventually.ts';
import { cmdb } from '../../service.ts';
import { graphContract } from '../graph.contract.ts';
import { model } from '../graph-shape.contract.ts';
import { postgresGraph } from '../postgres-graph.ts';
import { type GraphMemory, keepMemory } from './keep-memory.ts';
import { memoryGraph } from './memory-graph.ts';

describe('the graph in memory', () => {
  let database: TestDatabase;
  let memory: GraphMemory;
  const log = createLogger({ level: 'error' });
  const currentModel = async () => model;

  graphContract(async () => {
    database = await openTestDatabase(cmdb);
    memory = keepMemory({ database, log, megabytes: 100 });
    const kept = { fresh: () => memory.fresh() };
    return {
      graph: memoryGraph({ memory: kept, otherwise: postgresGraph(database, currentModel), currentModel }),
      database,
      async catchUp() {
        await memory.stop();
        memory = keepMemory({ database, log, megabytes: 100 });
        await eventually(
          async () => memory.status(),
          ({ state }) => state === 'ready',
        );
      },
      servedBy: 'memory',
    };
  });
  afterAll(async () => {
    await memory.stop();
    await database.close();
  });
});
