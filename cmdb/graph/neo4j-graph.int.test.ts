import neo4j, { type Driver } from 'neo4j-driver';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { describeWithNeo4j } from '../../tests/engines/describe-with.ts';
import { cmdb } from '../service.ts';
import { graphContract } from './graph.contract.ts';
import { model } from './graph-shape.contract.ts';
import { cypherOfAround, neo4jGraph } from './neo4j-graph.ts';
import { postgresGraph } from './postgres-graph.ts';
import type { Space } from './projection.ts';
import { rebuildGraph } from './rebuild-graph.ts';
import { chooseSpace } from './replicas.ts';

describeWithNeo4j('the graph of the projection', (engine) => {
  let driver: Driver;
  let database: TestDatabase;
  let space: Space;
  const currentModel = async () => model;
  const never = () => Promise.reject(new Error('The records were asked.'));

  graphContract(async () => {
    driver = neo4j.driver(engine.url, neo4j.auth.basic(engine.user, engine.password), { disableLosslessIntegers: true });
    database = await openTestDatabase(cmdb);
    space = { driver, label: 'ContractItem' };
    const records = postgresGraph(database, currentModel);
    return {
      graph: neo4jGraph({ choose: () => ({ space }), database, records, currentModel }),
      database,
      catchUp: async () => void (await rebuildGraph({ space, database, models: { newest: async () => ({ ...model, version: 1 }) } })),
      servedBy: 'neo4j',
    };
  });
  afterAll(async () => {
    await driver.executeQuery(`match (n) where n:${space.label} or (n:Projection and n.of = $of) detach delete n`, { of: space.label });
    await driver.close();
    await database.close();
  });

  it('is asked in a form that Neo4j answers by a pruning walk in breadth', async () => {
    for (const arrow of ['-[relation:AFFECTS]->', '-[relation:RUNS_ON|PART_OF]->', '<-[relation:RUNS_ON]-', '-[relation:RUNS_ON]-']) {
      const cypher = cypherOfAround(space.label, 6, { arrow, type: 'relation.type' });
      const { summary } = await driver.executeQuery(`explain ${cypher}`, { of: space.label, itemId: 'x', cap: neo4j.int(10), evenOfPart: true });
      expect(JSON.stringify(summary.plan)).toContain('VarLengthExpand(Pruning,BFS');
    }
  });

  it('comes from the records while the projection may not answer, and says why', async () => {
    const records = { impact: async () => ({ steps: [], servedBy: 'records' as const }), neighbours: never };
    for (const state of ['behind', 'rebuilding', 'down'] as const) {
      const choose = chooseSpace([{ space, keeper: { status: () => ({ name: 'neo4j', state, since: 0 }) } }]);
      const graph = neo4jGraph({ choose, database, records, currentModel });
      const answer = await graph.impact({ itemId: 'x', depth: 1, limit: 1, timeout: 1_000, down: [] });
      expect(answer).toMatchObject({ servedBy: 'records', note: `The projection is ${state}.` });
    }
  });

  it('comes from the records for an item that the projection does not know, and when Neo4j is gone', async () => {
    const records = { impact: async () => ({ steps: [], servedBy: 'records' as const }), neighbours: never };
    const question = { itemId: 'unknown', depth: 1, limit: 1, timeout: 5_000, down: [] };
    expect(await neo4jGraph({ choose: () => ({ space }), database, records, currentModel }).impact(question)).toMatchObject({
      note: expect.stringContaining('does not know'),
    });
    const gone = neo4j.driver('bolt://127.0.0.1:1');
    const answer = await neo4jGraph({ choose: () => ({ space: { ...space, driver: gone } }), database, records, currentModel }).impact(question);
    expect(answer).toMatchObject({ servedBy: 'records', note: expect.stringContaining('did not answer') });
    await gone.close();
  });
});
