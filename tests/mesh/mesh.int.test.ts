import { describeWithMesh } from '../engines/describe-with.ts';
import { eventually } from './api.ts';
import { describeReplicas } from './replicas.ts';
import { describeScenarios } from './scenarios.ts';
import { type MeshHub, startMesh } from './start-mesh.ts';

describeWithMesh('the mesh: a process for each service, Kafka, gRPC and Neo4j', () => {
  let hub: MeshHub;
  beforeAll(async () => {
    hub = await startMesh({ OPORA_MESH_NEO4J: '2' });
  }, 180_000);
  afterAll(() => hub?.remove(), 60_000);

  describeScenarios(() => hub);

  describeReplicas(() => hub);

  it('tells which of its services and engines are away, while its gateway stays in service', async () => {
    const away = async (part: string) => {
      const { status, body } = await hub.readiness();
      expect(status).toBe(200);
      return (
        body.parts[part]?.ready === false && Object.entries(body.parts).flatMap(([name, { ready, detail }]) => (ready ? [] : [`${name} ${detail}`]))
      );
    };
    process.kill(await hub.pidOf('neo4j'), 'SIGSTOP');
    expect(await eventually(() => away('neo4j'))).toEqual(['neo4j does not answer']);
    process.kill(await hub.pidOf('neo4j'), 'SIGCONT');
    await hub.revive();

    process.kill(await hub.pidOf('cmdb'), 'SIGSTOP');
    const unknown = ['neo4j', 'neo4j-2'].map((name) => `${name} unknown: nobody who uses it answers`);
    expect(await eventually(() => away('cmdb'))).toEqual(['cmdb does not answer', ...unknown]);
    const { body: page } = await hub.api.get<string>('/', { 'accept-language': 'ru' });
    expect(page).toMatch(/<span>cmdb<\/span><span class="soft">не отвечает<\/span><span class="bad">не готово/);
    process.kill(await hub.pidOf('cmdb'), 'SIGCONT');
    await hub.revive();
  }, 60_000);

  it('stops at SIGTERM, services before what they stand on, and leaves no process', async () => {
    expect(await hub.stop()).toEqual({ code: 0, left: [] });
    expect((await hub.parts()).filter(({ state }) => state !== 'stopped')).toEqual([]);
  }, 60_000);
});
