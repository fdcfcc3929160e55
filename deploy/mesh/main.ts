import { join } from 'node:path';
import { z } from 'zod';
import { readConfig } from '../../platform/config/read-config.ts';
import { registry } from '../../services/registry.ts';
import { createBoard } from './board.ts';
import { startMesh } from './start-mesh.ts';

const localMeshConfig = z.object({
  OPORA_MESH_NEO4J: z.coerce.number().int().min(1).max(5).default(1).describe('how many Neo4j servers, each with a projection of its own'),
});
const board = createBoard(process.stdout);
const dir = join(process.env['OPORA_DATA'] ?? '.opora', 'mesh');
const { OPORA_MESH_NEO4J: neo4jServers } = readConfig({ mesh: localMeshConfig }, process.env).mesh;
const starting = startMesh({ services: registry.map((service) => service.name), neo4jServers, dir, board });

let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

try {
  const mesh = await starting;
  await mesh.ready;
  const address = `http://${process.env['OPORA_HOST'] ?? '127.0.0.1'}:${process.env['OPORA_PORT'] ?? 8080}`;
  if (!isStopping) board.say(`The mesh is ready on ${address}; what each part says is in ${dir}. Ctrl+C stops everything.`);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}

// Asked a second time, it does not wait: whatever still runs ends with this process.
async function stop(): Promise<void> {
  if (isStopping) process.exit(130);
  isStopping = true;
  board.say('Stopping …');
  const mesh = await starting;
  await mesh.stop();
  process.exit(0);
}
