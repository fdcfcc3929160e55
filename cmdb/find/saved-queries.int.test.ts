import { CmdbService } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { QueryService } from '../../generated/opora/cmdb/v1/queries.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { embeddedEngines } from '../../platform/engines/embedded.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import type { CallOptions, Client, Principal } from '../../platform/rpc/call.ts';
import { createClient } from '../../platform/rpc/client.ts';
import { type RunningHub, runServices } from '../../platform/service/run-services.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { cmdb as service } from '../service.ts';

const by = (id: string): CallOptions => {
  const principal: Principal = { kind: 'account', id, name: id, permissions: ['cmdb.read', 'cmdb.write'] };
  return { deadline: Date.now() + 10_000, principal };
};
const filter = (more: object) => ({ ids: [], where: [], ...more });

let database: TestDatabase;
let hub: RunningHub;
let cmdb: Client<CmdbService>;
let queries: Client<QueryService>;

beforeAll(async () => {
  database = await openTestDatabase(service);
  const contract = loadContract();
  const log = createLogger({ level: 'error' });
  const engines = await embeddedEngines({ dataDir: '', database: database.admin, clock: systemClock, newId: newUuid, log });
  hub = await runServices({ services: [service], engines, contract, configs: { cmdb: {} }, log, metrics: createMetrics(), announce: () => {} });
  cmdb = createClient(CmdbService, { contract, transport: engines.rpc });
  queries = createClient(QueryService, { contract, transport: engines.rpc });
  for (const [name, memoryGb, site] of [
    ['app-1', 8, 'A'],
    ['app-2', 64, 'A'],
    ['db-1', 128, 'B'],
    ['db-2', 256, 'A'],
  ] as const)
    await cmdb.createItem({ class: 'server', name, lookups: [], attributes: JSON.stringify({ memoryGb, site }) }, by('ivan'));
});
afterAll(async () => {
  await hub.stop();
  await database.close();
});

const names = async (request: object, who = 'ivan') => (await cmdb.listItems({ where: [], ...request }, by(who))).items.map(({ name }) => name);

describe('a saved query', () => {
  it('is run with what else is asked for, in its own order unless another is given', async () => {
    const big = filter({ class: 'computer', where: ['memoryGb>=64'] });
    const { id } = await queries.createQuery({ name: 'Big', filter: big, sort: '-name', columns: ['name', 'memoryGb'] }, by('ivan'));
    expect(await names({ query: id })).toEqual(['db-2', 'db-1', 'app-2']);
    expect(await names({ query: id, site: 'A', sort: 'name' })).toEqual(['app-2', 'db-2']);
    expect(await names({ query: id, class: 'server', where: ['memoryGb<200'] })).toEqual(['db-1', 'app-2']);
    expect(await names({ query: id, class: 'pump' })).toEqual([]);
    expect(await names({ query: id, q: 'db', sort: 'name' })).toEqual(['db-1', 'db-2']);
    expect(await queries.countQuery({ id }, by('ivan'))).toEqual({ count: 3, isMore: false, text: '3' });
  });

  it('is seen by others only when it is shared, and changed by its owner only', async () => {
    const own = await queries.createQuery({ name: 'Mine', filter: filter({ site: 'B' }), columns: [] }, by('ivan'));
    await expect(names({ query: own.id }, 'olga')).rejects.toMatchObject({ kind: 'not_found' });
    const shared = await queries.updateQuery({ id: own.id, expectedVersion: 1, columns: [], shared: 'everyone' }, by('ivan'));
    expect(shared).toMatchObject({ name: 'Mine', filter: { site: 'B' }, version: 2, ownerId: 'ivan' });
    expect(await names({ query: own.id }, 'olga')).toEqual(['db-1']);
    expect((await queries.listQueries({}, by('olga'))).items.map(({ name }) => name)).toEqual(['Mine']);
    await expect(queries.updateQuery({ id: own.id, expectedVersion: 2, columns: [], name: 'Hers' }, by('olga'))).rejects.toMatchObject({
      kind: 'not_allowed',
    });
    await expect(queries.deleteQuery({ id: own.id }, by('olga'))).rejects.toMatchObject({ kind: 'not_allowed' });
    await expect(queries.updateQuery({ id: own.id, expectedVersion: 1, columns: [], name: 'Old' }, by('ivan'))).rejects.toMatchObject({
      kind: 'conflict',
    });
    await queries.deleteQuery({ id: own.id }, by('ivan'));
    await queries.deleteQuery({ id: own.id }, by('ivan'));
    await expect(queries.getQuery({ id: own.id }, by('ivan'))).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('has a name that its owner has not given to another', async () => {
    const wanted = { name: 'Twin', filter: filter({}), columns: [] };
    const first = await queries.createQuery(wanted, by('ivan'));
    await expect(queries.createQuery(wanted, by('ivan'))).rejects.toMatchObject({ kind: 'conflict', message: expect.stringContaining(first.id) });
    await queries.createQuery(wanted, by('olga'));
  });

  it('that could not be run is refused, with all that is wrong', async () => {
    const wrong = queries.createQuery(
      { name: 'Wrong', filter: filter({ class: 'pump', where: ['memoryGb>1', 'powerKw>much'] }), columns: ['name', 'wheels'] },
      by('ivan'),
    );
    const violations = await wrong.then(
      () => [],
      (error: { violations: { pointer: string }[] }) => error.violations,
    );
    expect(violations.map(({ pointer }) => pointer)).toEqual(['/filter/where/0', '/filter/where/1', '/columns/1']);
  });
});

it('tells when all items are found by what the model says', async () => {
  const status = await eventually(
    () => queries.getSearchStatus({}, by('ivan')),
    ({ state }) => state === 'ready',
  );
  expect(status).toMatchObject({ state: 'ready', endedAt: expect.any(String) });
});
