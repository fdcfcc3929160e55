import { describeWithMesh } from '../engines/describe-with.ts';
import { describeScenarios } from './scenarios.ts';
import { type MeshHub, startMesh } from './start-mesh.ts';

describeWithMesh('the mesh: a process for each service, Kafka, gRPC and Neo4j', () => {
  let hub: MeshHub;
  beforeAll(async () => {
    hub = await startMesh();
  }, 180_000);
  afterAll(() => hub?.remove(), 60_000);

  describeScenarios(() => hub);

  it('answers questions about the graph from Neo4j', async () => {
    const { body } = await hub.api.get('/api/v1/cmdb/graph/status');
    expect(body).toMatchObject({ engine: 'neo4j', state: 'fresh' });
  });

  it('stops at SIGTERM, services before what they stand on, and leaves no process', async () => {
    expect(await hub.stop()).toEqual({ code: 0, left: [] });
    expect((await hub.parts()).filter(({ state }) => state !== 'stopped')).toEqual([]);
  }, 60_000);
});
