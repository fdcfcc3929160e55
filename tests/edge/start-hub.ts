import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Logger } from 'pino';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import type { Contract } from '../../platform/contract/contract.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { embeddedEngines } from '../../platform/engines/embedded.ts';
import type { Engines } from '../../platform/engines/engines.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { openTestDatabases, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { createClient } from '../../platform/rpc/client.ts';
import { createGrpcTransport, type GrpcTransport } from '../../platform/rpc/grpc.ts';
import type { Parts } from '../../platform/service/define-service.ts';
import { runServices } from '../../platform/service/run-services.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { startTracing } from '../../platform/telemetry/tracing.ts';
import { registry } from '../../services/registry.ts';
import { type Api, createApi } from '../mesh/api.ts';

export interface EdgeHub {
  url: string;
  /** As the administrator. */
  api: Api;
  /** A service's own schema. */
  database(service: string): TestDatabase;
  /** Lines of the log, oldest first. */
  log: Record<string, unknown>[];
  contract: Contract;
  /** Calls a service past the edge. */
  client: Parts['client'];
  /** An account with these roles and a token of its own. */
  newAccount(login: string, roles: string[], password?: string): Promise<{ id: string; api: Api }>;
  stop(): Promise<void>;
}

export const adminToken = 'token-of-the-test-administrator';
export const adminPassword = 'password of the test administrator';

export type Transport = 'in process' | 'gRPC';

/** The named services, and those that they need, in this process, over a database of their own, behind a real HTTP port. By gRPC they call each other through a real port too. */
export async function startHub(
  names: readonly string[],
  environment: Record<string, string> = {},
  transport: Transport = 'in process',
): Promise<EdgeHub> {
  const tracing = await startTracing({ serviceName: 'test', exported: false });
  const wanted = new Set([...names, 'directory', 'gateway']);
  for (const name of wanted) for (const need of registry.find((service) => service.name === name)?.needs ?? []) wanted.add(need);
  const services = registry.filter(({ name }) => wanted.has(name));
  const databases = await openTestDatabases(services);
  const [first] = databases;
  if (!first) throw new Error('There is no database.');
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({ level: 'info', stream: { write: (line) => void lines.push(JSON.parse(line)) } });
  const env = { OPORA_PORT: String(await findFreePort()), OPORA_ADMIN_TOKEN: adminToken, OPORA_ADMIN_PASSWORD: adminPassword, ...environment };
  const contract = loadContract();
  const embedded = await embeddedEngines({ dataDir: '', database: first.admin, clock: systemClock, newId: newUuid, log });
  const engines = transport === 'gRPC' ? callByGrpc(embedded, contract, log) : embedded;
  const hub = await runServices({
    services,
    engines,
    contract,
    configs: Object.fromEntries(services.map(({ name, config }) => [name, config.parse(env)])),
    log,
    metrics: createMetrics(),
    announce: () => undefined,
  });
  const url = `http://127.0.0.1:${env.OPORA_PORT}`;
  const api = createApi(url, adminToken);
  return {
    url,
    api,
    database(service) {
      const found = databases.find(({ schema }) => schema === service);
      if (!found) throw new Error(`The service ${service} does not run here.`);
      return found;
    },
    log: lines,
    contract,
    client: (token) => createClient(token, { contract, transport: engines.rpc }),
    async newAccount(login, roles, password) {
      const account = await api.post<{ id: string }>('/api/v1/accounts', { login, name: login, roles, ...(password !== undefined && { password }) });
      const token = await api.post<{ secret: string }>('/api/v1/tokens', { name: 'test', accountId: account.body.id });
      return { id: account.body.id, api: api.as(token.body.secret) };
    },
    async stop() {
      await hub.stop();
      for (const database of databases.reverse()) await database.close();
      await tracing.stop();
    },
  };
}

function callByGrpc(engines: Engines, contract: Contract, log: Logger): Engines {
  const findPeer = () => `127.0.0.1:${rpc.port()}`;
  const rpc: GrpcTransport = createGrpcTransport({ contract, host: '127.0.0.1', port: 0, findPeer, proof: { key: 'k'.repeat(32) }, log });
  return {
    ...engines,
    rpc,
    async stop() {
      await rpc.stop();
      await engines.stop();
    },
  };
}

export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
