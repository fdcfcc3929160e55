import { rmSync } from 'node:fs';

export default async function tearDown() {
  await globalThis.oporaSharedEngines?.stop();
  const running = globalThis.oporaTestServer;
  if (!running) return;
  await running.server.stop();
  rmSync(running.dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
}
