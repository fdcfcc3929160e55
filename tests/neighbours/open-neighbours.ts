import { z } from 'zod';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { embeddedEngines } from '../../platform/engines/embedded.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { openTestDatabases, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { defineService, type Parts, type ServiceDefinition } from '../../platform/service/define-service.ts';
import { runServices } from '../../platform/service/run-services.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';

export interface Neighbours {
  client: Parts['client'];
  stop(): Promise<void>;
}

/** Databases for some services, in which all or some of them can be run, one time after the other. */
export async function openNeighbours(services: readonly ServiceDefinition[]): Promise<{
  databases: TestDatabase[];
  run(only?: readonly ServiceDefinition[], level?: 'error' | 'silent'): Promise<Neighbours>;
  close(): Promise<void>;
}> {
  const databases = await openTestDatabases(services);
  const [first] = databases;
  if (!first) throw new Error('There is no database.');
  return {
    databases,
    async run(only = services, level = 'error') {
      let parts: Parts | undefined;
      const watcher = defineService({
        name: 'watcher',
        needs: [],
        config: z.object({}),
        start(own) {
          parts = own;
          return {};
        },
      });
      const running = [...only, watcher];
      const log = createLogger({ level });
      const engines = await embeddedEngines({ dataDir: '', database: first.admin, clock: systemClock, newId: newUuid, log });
      const configs = Object.fromEntries(running.map(({ name }) => [name, {}]));
      const hub = await runServices({ services: running, engines, contract: loadContract(), configs, log, metrics: createMetrics() });
      // Started services have told their parts; the compiler does not see the assignment in the callback.
      return { client: (parts as unknown as Parts).client, stop: () => hub.stop() };
    },
    async close() {
      for (const database of [...databases].reverse()) await database.close();
    },
  };
}
