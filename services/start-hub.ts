import { z } from 'zod';
import { newUuid, systemClock } from '../platform/clock/clock.ts';
import { readConfig } from '../platform/config/read-config.ts';
import { loadContract } from '../platform/contract/load-contract.ts';
import { embeddedEngines } from '../platform/engines/embedded.ts';
import { createLogger, logLevels } from '../platform/log/logger.ts';
import { parseConnection } from '../platform/postgres/parse-connection.ts';
import { runServices } from '../platform/service/run-services.ts';
import { createMetrics } from '../platform/telemetry/metrics.ts';
import { startTracing } from '../platform/telemetry/tracing.ts';
import { registry } from './registry.ts';

export const hubConfig = z.object({
  OPORA_DATA: z.string().default('./.opora').describe('folder of the hub’s data'),
  OPORA_ENGINES: z.enum(['embedded', 'mesh']).default('embedded').describe('engine set'),
  OPORA_SERVICES: z.string().default('all').describe('services to run in this process, with commas between them'),
  OPORA_DATABASE_URL: z.string().startsWith('postgres').optional().describe('a PostgreSQL of your own instead of the embedded one'),
  OPORA_LOG_LEVEL: z.enum(logLevels).default('info').describe('least level that is logged'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional().describe('where traces are sent; nothing is sent when it is not set'),
});

/** Runs the named services until a signal asks it to stop; then drains, stops what it started, and ends. */
export async function startHub(options: { services?: string; engines?: string }): Promise<void> {
  const environment = {
    ...process.env,
    ...(options.services !== undefined && { OPORA_SERVICES: options.services }),
    ...(options.engines !== undefined && { OPORA_ENGINES: options.engines }),
  };
  const services = pickServices(environment['OPORA_SERVICES'] ?? 'all');
  const { hub, ...configs } = readConfig({ hub: hubConfig, ...Object.fromEntries(services.map(({ name, config }) => [name, config])) }, environment);
  const log = createLogger({ level: hub.OPORA_LOG_LEVEL });
  const serviceName = services.length === 1 && services[0] ? `opora-${services[0].name}` : 'opora';
  const tracing = await startTracing({ serviceName, exported: hub.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined });
  const metrics = createMetrics();
  const contract = loadContract();

  const engines = await embeddedEngines({
    dataDir: hub.OPORA_DATA,
    ...(hub.OPORA_DATABASE_URL !== undefined && { database: parseConnection(hub.OPORA_DATABASE_URL) }),
    clock: systemClock,
    newId: newUuid,
    log,
  });
  const running = await runServices({ services, engines, contract, configs, log, metrics, announce: (text) => console.log(text) });

  await untilAskedToStop();
  log.info('stopping');
  await running.stop();
  await tracing.stop();
}

function pickServices(names: string) {
  if (names === 'all') return registry;
  const known = new Map(registry.map((service) => [service.name, service]));
  return names.split(',').map((name) => {
    const service = known.get(name.trim());
    if (!service) throw new Error(`There is no service "${name}". Known: ${[...known.keys()].join(', ')}, or all.`);
    return service;
  });
}

/** The first signal asks politely; a second one ends the process at once. */
function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => resolve());
    }
  });
}
