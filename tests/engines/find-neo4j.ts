import { findJava, hasMaven } from '../../deploy/engines/find-java.ts';
import { startLocalNeo4j } from '../../deploy/engines/local-neo4j.ts';
import type { EngineSource, Neo4jEngine } from './engine-source.ts';
import { findContainers } from './find-containers.ts';

/** A Neo4j for tests: the one that OPORA_NEO4J_URL names, else Docker, else Java and Maven, else none. */
export async function findNeo4j(): Promise<EngineSource<Neo4jEngine> | undefined> {
  const url = process.env['OPORA_NEO4J_URL'];
  if (url) {
    const user = process.env['OPORA_NEO4J_USER'] ?? 'neo4j';
    const password = process.env['OPORA_NEO4J_PASSWORD'] ?? '';
    return { from: 'environment', start: async () => ({ url, user, password, stop: async () => {} }) };
  }

  const containers = await findContainers();
  if (containers) {
    return {
      from: 'docker',
      async start() {
        const password = 'only-for-tests';
        const container = await containers
          .create('neo4j:5.26.30-community', 'Started.')
          .withExposedPorts(7687)
          .withEnvironment({ NEO4J_AUTH: `neo4j/${password}`, NEO4J_db_memory_transaction_max: '192m' })
          .start();
        const bolt = `bolt://${containers.host}:${container.getMappedPort(7687)}`;
        return { url: bolt, user: 'neo4j', password, stop: async () => void (await container.stop()) };
      },
    };
  }

  if (!((await findJava()) && (await hasMaven()))) return undefined;
  return { from: 'local', start: (dir) => startLocalNeo4j({ dir, log: (line) => console.error(line) }) };
}
