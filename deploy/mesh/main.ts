import { join } from 'node:path';
import { registry } from '../../services/registry.ts';
import { createBoard } from './board.ts';
import { startMesh } from './start-mesh.ts';

const board = createBoard(process.stdout);
const dir = join(process.env['OPORA_DATA'] ?? '.opora', 'mesh');
const starting = startMesh({ services: registry.map((service) => service.name), dir, board });

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
