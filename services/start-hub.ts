import type { Logger } from 'pino';
import { z } from 'zod';
import { newUuid, systemClock } from '../platform/clock/clock.ts';
import { readConfig } from '../platform/config/read-config.ts';
import type { Contract } from '../platform/contract/contract.ts';
import { loadContract } from '../platform/contract/load-contract.ts';
import { embeddedEngines } from '../platform/engines/embedded.ts';
import type { Engines } from '../platform/engines/engines.ts';
import { meshEngines } from '../platform/engines/mesh.ts';
import { createLogger, logLevels } from '../platform/log/logger.ts';
import { parseConnection } from '../platform/postgres/parse-connection.ts';
import { type GrpcConfig, grpcConfig } from '../platform/rpc/grpc-config.ts';
import type { ServiceDefinition } from '../platform/service/define-service.ts';
import { runServices } from '../platform/service/run-services.ts';
import { createMetrics } from '../platform/telemetry/metrics.ts';
import { startTracing } from '../platform/telemetry/tracing.ts';
import { registry } from './registry.ts';

const databaseUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgresql://');

export const hubConfig = z.object({
  OPORA_SERVICES: z.string().default('all').describe('services to run in this process, with commas between them'),
  OPORA_ENGINES: z.enum(['embedded', 'mesh']).default('embedded').describe('engine set'),
  OPORA_LOG_LEVEL: z.enum(logLevels).default('info').describe('least level that is logged'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional().describe('where traces are sent; nothing is sent when it is not set'),
});

export const embeddedConfig = z.object({
  OPORA_DATA: z.string().default('./.opora').describe('folder of the hub’s data'),
  OPORA_DATABASE_URL: databaseUrl.optional().describe('a PostgreSQL of your own instead of the embedded one'),
});

export const meshConfig = z.object({
  OPORA_DATABASE_URL: databaseUrl.describe('PostgreSQL, as one who may create roles and schemas'),
  OPORA_KAFKA_BROKERS: z.string().min(1).describe('Kafka: host:port, with commas between them'),
  OPORA_KAFKA_PARTITIONS: z.coerce.number().int().positive().default(6).describe('partitions of a topic that is made'),
  OPORA_KAFKA_REPLICAS: z.coerce.number().int().positive().default(1).describe('replicas of a topic that is made'),
  OPORA_NEO4J_URL: z
    .string()
    .refine((urls) => splitUrls(urls).every((url) => /^(bolt|neo4j)(\+s|\+ssc)?:\/\//.test(url)), 'must begin with bolt:// or neo4j://')
    .refine((urls) => new Set(splitUrls(urls)).size === splitUrls(urls).length, 'names a server twice')
    .describe('Neo4j over Bolt; several, with commas between them, are projections side by side'),
  OPORA_NEO4J_USER: z.string().default('neo4j').describe('its user, the same on each of several'),
  OPORA_NEO4J_PASSWORD: z.string().default('').describe('the user’s password'),
  OPORA_MESH_SERVICES: z.string().default('all').describe('services that the whole mesh has, with commas between them; /readyz tells how each is'),
});

/** All that the hub can read of the environment, by who reads it. */
export function listSchemas(): Readonly<Record<string, readonly z.ZodType[]>> {
  return {
    'The hub': [hubConfig],
    'With the embedded engines': [embeddedConfig],
    'With the engines of the mesh': [meshConfig, grpcConfig],
    ...Object.fromEntries(registry.map(({ name, config }) => [`Service ${name}`, [config]])),
  };
}

interface Base {
  contract: Contract;
  log: Logger;
  /** What the process is called to the outside. */
  name: string;
}

/** Runs the named services until a signal asks it to stop; then drains, stops what it started, and ends. */
export async function startHub(options: { services?: string; engines?: string }): Promise<void> {
  const environment = {
    ...process.env,
    ...(options.services !== undefined && { OPORA_SERVICES: options.services }),
    ...(options.engines !== undefined && { OPORA_ENGINES: options.engines }),
  };
  const services = pickServices(environment['OPORA_SERVICES'] || 'all');
  const { hub, configs, openEngines } = readAll(services, environment);
  const log = createLogger({ level: hub.OPORA_LOG_LEVEL });
  const [only] = services;
  const name = services.length === 1 && only ? only.name : 'hub';
  const tracing = await startTracing({ serviceName: `opora-${name}`, exported: hub.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined });
  const contract = loadContract();
  const running = await runServices({
    services,
    engines: await openEngines({ contract, log, name }),
    contract,
    configs,
    log,
    metrics: createMetrics(),
    announce: (text) => console.error(text),
  });

  await untilAskedToStop();
  log.info('stopping');
  await running.stop();
  await tracing.stop();
}

/** Every mistake in what the hub, its engines and its services read of the environment is told at once. */
function readAll(services: readonly ServiceDefinition[], environment: NodeJS.ProcessEnv) {
  const ofServices = Object.fromEntries(services.map(({ name, config }) => [name, config]));
  if (environment['OPORA_ENGINES'] === 'mesh') {
    const { hub, mesh, grpc, ...configs } = readConfig({ hub: hubConfig, mesh: meshConfig, grpc: grpcConfig, ...ofServices }, environment);
    return { hub, configs, openEngines: (base: Base) => openMesh(mesh, grpc, base) };
  }
  const { hub, embedded, ...configs } = readConfig({ hub: hubConfig, embedded: embeddedConfig, ...ofServices }, environment);
  return { hub, configs, openEngines: (base: Base) => openEmbedded(embedded, base) };
}

function openEmbedded(config: z.output<typeof embeddedConfig>, { log }: Base): Promise<Engines> {
  return embeddedEngines({
    dataDir: config.OPORA_DATA,
    ...(config.OPORA_DATABASE_URL !== undefined && { database: parseConnection(config.OPORA_DATABASE_URL) }),
    clock: systemClock,
    newId: newUuid,
    log,
  });
}

function openMesh(config: z.output<typeof meshConfig>, grpc: GrpcConfig, { contract, log, name }: Base): Promise<Engines> {
  return meshEngines({
    database: parseConnection(config.OPORA_DATABASE_URL),
    brokers: config.OPORA_KAFKA_BROKERS,
    topics: { partitions: config.OPORA_KAFKA_PARTITIONS, replicationFactor: config.OPORA_KAFKA_REPLICAS },
    neo4j: { urls: splitUrls(config.OPORA_NEO4J_URL), user: config.OPORA_NEO4J_USER, password: config.OPORA_NEO4J_PASSWORD },
    grpc,
    services: pickServices(config.OPORA_MESH_SERVICES).map((service) => service.name),
    clientId: name,
    contract,
    clock: systemClock,
    newId: newUuid,
    log,
    onStalled(reason) {
      log.fatal({ reason }, 'this process cannot go on and ends, to be started anew');
      process.exit(1);
    },
  });
}

function splitUrls(urls: string): string[] {
  return urls.split(',').map((url) => url.trim());
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

/** The first signal asks politely; the process ends when everything is stopped. */
function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}
