import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { cmdb } from '../service.ts';
import { graphContract } from './graph.contract.ts';
import { model } from './graph-shape.contract.ts';
import { postgresGraph } from './postgres-graph.ts';

describe('the graph of the records', () => {
  let database: TestDatabase;
  graphContract(async () => {
    database = await openTestDatabase(cmdb);
    return { graph: postgresGraph(database, async () => model), database, catchUp: async () => {}, servedBy: 'records' };
  });
  afterAll(() => database.close());
});
