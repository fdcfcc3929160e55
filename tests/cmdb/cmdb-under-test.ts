import { postgresGraph } from '../../cmdb/graph/postgres-graph.ts';
import { openModels } from '../../cmdb/model/models.ts';
import { cmdbMethods } from '../../cmdb/rpc.ts';
import { cmdb as service } from '../../cmdb/service.ts';
import { pageTaker } from '../../cmdb/sources/take-page.ts';
import { type CmdbService as Cmdb, CmdbService } from '../../generated/opora/cmdb/v1/cmdb.ts';
import {
  type DraftTest,
  type Migration,
  type ModelDefinition,
  ModelService,
  type ModelVersion,
  type PutClassRequest,
} from '../../generated/opora/cmdb/v1/model.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { embeddedEngines } from '../../platform/engines/embedded.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import type { CallOptions, Client, Principal } from '../../platform/rpc/call.ts';
import { createClient } from '../../platform/rpc/client.ts';
import { createInProcessTransport } from '../../platform/rpc/in-process.ts';
import { bindMethods } from '../../platform/rpc/server.ts';
import { serve } from '../../platform/service/define-service.ts';
import { runServices } from '../../platform/service/run-services.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { eventually } from './eventually.ts';

const architect: Principal = { kind: 'account', id: 'olga', name: 'Ольга', permissions: ['cmdb.read', 'cmdb.write', 'cmdb.manage'] };
const engineer: Principal = { ...architect, id: 'ivan', name: 'Иван', permissions: ['cmdb.read', 'cmdb.write'] };
const as = (principal: Principal): CallOptions => ({ deadline: Date.now() + 10_000, principal });

/** Who manages the model. */
export const mine = () => as(architect);
/** Who reads and writes items only. */
export const engineers = () => as(engineer);

export const label = { ru: 'Башня', en: 'Tower' };
export const text = {
  type: 'text' as const,
  label,
  list: false,
  required: false,
  values: [],
  searchable: false,
  sensitive: false,
  authority: [],
  remind: [],
};
export const integer = { ...text, type: 'integer' as const };

export function aClass(name: string, more: Partial<PutClassRequest> = {}): PutClassRequest {
  const empty = { attributes: {}, identifiers: [], states: {}, controlled: [], migrations: [] };
  return { name, parent: 'place', abstract: false, label, ...empty, acceptInvalid: false, ...more };
}

export interface CmdbUnderTest {
  database: TestDatabase;
  cmdb: Client<Cmdb>;
  models: Client<ModelService>;
  /** The same service over the same records, as it runs in another process. */
  otherProcess: Client<Cmdb>;
  stop(): Promise<void>;
}

/** The CMDB in this process, over a database of its own. */
export async function openCmdb(): Promise<CmdbUnderTest> {
  const database = await openTestDatabase(service);
  const log = createLogger({ level: 'error' });
  const contract = loadContract();
  const engines = await embeddedEngines({ dataDir: '', database: database.admin, clock: systemClock, newId: newUuid, log });
  const hub = await runServices({ services: [service], engines, contract, configs: { cmdb: {} }, log, metrics: createMetrics(), announce: () => {} });

  const models = openModels(database);
  const parts = { database, models, model: models.current };
  const served = serve(CmdbService, cmdbMethods({ ...parts, takePage: pageTaker(parts), graph: postgresGraph(database, models.current) }));
  const transport = createInProcessTransport();
  const bound = bindMethods({ served: [served], contract, database, clock: systemClock, newId: newUuid, log, metrics: createMetrics() });
  for (const [name, methods] of Object.entries(bound)) await transport.serve(name, methods);
  return {
    database,
    cmdb: createClient(CmdbService, { contract, transport: engines.rpc }),
    models: createClient(ModelService, { contract, transport: engines.rpc }),
    otherProcess: createClient(CmdbService, { contract, transport }),
    async stop() {
      await hub.stop();
      await database.close();
    },
  };
}

/** What people do, in the words of the tests. */
export function peopleOf({ cmdb, models }: CmdbUnderTest) {
  const currentVersion = async () => (await models.listModelVersions({ limit: 1 }, mine())).items[0]?.version ?? 0;

  /** The definition that holds, with some classes changed. */
  async function changed(change: (classes: ModelDefinition['classes']) => ModelDefinition['classes']): Promise<ModelDefinition> {
    const { definition } = await models.getModelVersion({ version: String(await currentVersion()) }, mine());
    if (!definition) throw new Error('The version says nothing.');
    return { ...definition, classes: change(definition.classes) };
  }

  return {
    currentVersion,
    changed,
    create: (itemClass: string, attributes: object = {}, name = itemClass) =>
      cmdb.createItem({ class: itemClass, name, attributes: JSON.stringify(attributes), lookups: [] }, engineers()),
    attributesOf: async (id: string) => JSON.parse((await cmdb.getItem({ id }, mine())).attributes) as object,
    draft: async (change: Parameters<typeof changed>[0], migrations: Migration[] = []) =>
      models.createDraft({ definition: await changed(change), migrations }, mine()),

    async tested(id: string): Promise<DraftTest> {
      await models.testDraft({ id }, mine());
      return eventually(
        () => models.getDraftTest({ id }, mine()),
        ({ state }) => state === 'done',
      );
    },

    migratedVersion: (version: number): Promise<ModelVersion> =>
      eventually(
        () => models.getModelVersion({ version: String(version) }, mine()),
        ({ migratedAt }) => migratedAt !== undefined,
      ),
  };
}
