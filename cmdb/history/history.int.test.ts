import { type CmdbService as Cmdb, CmdbService } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { type ChangeSet, type HistoryService as History, HistoryService } from '../../generated/opora/cmdb/v1/history.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { embeddedEngines } from '../../platform/engines/embedded.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import type { CallOptions, Client, Principal } from '../../platform/rpc/call.ts';
import { createClient } from '../../platform/rpc/client.ts';
import { type RunningHub, runServices } from '../../platform/service/run-services.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { announceItem } from '../announce.ts';
import { newItem } from '../domain/item.ts';
import { fullSight } from '../rights/rights.ts';
import { cmdb as service } from '../service.ts';
import { readItemsAsOf } from '../storage/history-store.ts';
import { writeItems } from '../storage/item-store.ts';
import { insertChangeSet } from './change-set-store.ts';
import { arrangeHistory } from './keep-history.ts';

const engineer: Principal = { kind: 'account', id: 'ivan', name: 'Иван', permissions: ['cmdb.read', 'cmdb.write'] };
const past: Principal = { kind: 'service', id: 'demo', name: 'demo', permissions: ['*'] };
const mine = (more: Partial<CallOptions> = {}): CallOptions => ({ deadline: Date.now() + 10_000, principal: engineer, ...more });
const at = (time: string) => mine({ principal: past, at: Date.parse(time) });

let database: TestDatabase;
let hub: RunningHub;
let cmdb: Client<Cmdb>;
let history: Client<History>;
const log = createLogger({ level: 'error' });

beforeAll(async () => {
  database = await openTestDatabase(service);
  const contract = loadContract();
  const engines = await embeddedEngines({ dataDir: '', database: database.admin, clock: systemClock, newId: newUuid, log });
  hub = await runServices({ services: [service], engines, contract, configs: { cmdb: {} }, log, metrics: createMetrics(), announce: () => {} });
  cmdb = createClient(CmdbService, { contract, transport: engines.rpc });
  history = createClient(HistoryService, { contract, transport: engines.rpc });
});
afterAll(async () => {
  await hub.stop();
  await database.close();
});

const create = (name: string, attributes: object, options = mine()) =>
  cmdb.createItem({ class: 'server', name, attributes: JSON.stringify(attributes), lookups: [] }, options);
const update = (item: { id: string }, version: number, attributes: object, options = mine(), reason?: string) =>
  cmdb.updateItem(
    {
      id: item.id,
      expectedVersion: version,
      attributes: JSON.stringify(attributes),
      addLookups: [],
      removeLookups: [],
      ...(reason !== undefined && { reason }),
    },
    options,
  );

const untilDone = (id: string): Promise<ChangeSet> =>
  eventually(
    () => history.getChangeSet({ id }, mine()),
    ({ status }) => status === 'done',
  );

describe('an item at a moment', () => {
  it('is what it was then, and was not there before it came', async () => {
    const item = await create('db-1', { memory: 64 }, at('2025-03-01T10:00:00.000Z'));
    await update(item, 1, { memory: 128 }, at('2025-06-01T10:00:00.000Z'));
    await update(item, 2, { memory: 256 }, at('2026-02-01T10:00:00.000Z'));
    const memoryAt = async (asOf: string) => {
      const { attributes, version } = await cmdb.getItem({ id: item.id, asOf }, mine());
      return [version, JSON.parse(attributes)];
    };
    expect(await memoryAt('2025-03-01T10:00:00.000Z')).toEqual([1, { memory: 64, lifecycleState: 'in_use' }]);
    expect(await memoryAt('2025-06-01T09:59:59.999Z')).toEqual([1, { memory: 64, lifecycleState: 'in_use' }]);
    expect(await memoryAt('2025-06-01T10:00:00.000Z')).toEqual([2, { memory: 128, lifecycleState: 'in_use' }]);
    expect(await memoryAt(new Date().toISOString())).toEqual([3, { memory: 256, lifecycleState: 'in_use' }]);
    await expect(cmdb.getItem({ id: item.id, asOf: '2025-02-28T00:00:00.000Z' }, mine())).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('is, for any history, what replaying its versions up to that moment gives', async () => {
    const item = await create('replayed', { step: 0 }, at('2024-11-01T00:00:00.000Z'));
    const moments = [Date.parse('2024-11-01T00:00:00.000Z')];
    for (let step = 1; step <= 40; step++) {
      const moment = (moments.at(-1) ?? 0) + (step % 3 === 0 ? 0 : step * 86_400_000);
      moments.push(moment);
      await update(item, step, { step }, at(new Date(moment).toISOString()));
    }
    for (const moment of moments.flatMap((one) => [one - 1, one, one + 1])) {
      const expected = moments.findLastIndex((one) => one <= moment);
      const found = (await readItemsAsOf(database, [item.id], moment, fullSight)).get(item.id);
      expect(found?.attributes).toEqual(expected === -1 ? undefined : { step: expected, lifecycleState: 'in_use' });
    }
  });
});

describe('versions of an item', () => {
  it('say who made them, why, and what differs between two of them', async () => {
    const item = await create('app-1', { memory: 64, owner: 'Иванов' });
    await update(item, 1, { memory: 128, owner: null }, mine(), 'CHG-000017');
    const { items } = await cmdb.getItemHistory({ id: item.id }, mine());
    expect(items.map(({ version, actorName, reason }) => [version, actorName, reason])).toEqual([
      [2, 'Иван', 'CHG-000017'],
      [1, 'Иван', undefined],
    ]);
    const { differences } = await history.diffItem({ id: item.id, from: 1 }, mine());
    expect(differences).toEqual([
      { field: 'attributes.memory', before: '64', after: '128' },
      { field: 'attributes.owner', before: '"Иванов"' },
    ]);
  });

  it('come back as a new version when one asks for an old one, and not over a change that one has not seen', async () => {
    const item = await create('app-2', { memory: 64 });
    await update(item, 1, { memory: 128 });
    await expect(history.revertItem({ id: item.id, expectedVersion: 1, to: 1 }, mine())).rejects.toMatchObject({ kind: 'conflict' });
    const reverted = await history.revertItem({ id: item.id, expectedVersion: 2, to: 1 }, mine());
    expect([reverted.version, JSON.parse(reverted.attributes)]).toEqual([3, { memory: 64, lifecycleState: 'in_use' }]);
    await expect(history.revertItem({ id: item.id, expectedVersion: 3, to: 9 }, mine())).rejects.toMatchObject({ kind: 'not_found' });
  });
});

describe('a change set', () => {
  /** As an import writes: two new items and a change of a known one. */
  async function importThree() {
    const known = await create('known', { memory: 64, rack: 'A1' });
    const now = Date.now();
    const set: ChangeSet = {
      id: newUuid(now),
      kind: 'import',
      title: 'servers.xlsx',
      status: 'done',
      actorId: 'ivan',
      actorName: 'Иван',
      counts: {},
      version: 1,
      createdAt: new Date(now).toISOString(),
      updatedAt: new Date(now).toISOString(),
    };
    const fresh = ['new-1', 'new-2'].map((name) =>
      newItem({ id: newUuid(now), source: 'import', key: newUuid(now) }, { class: 'server', name }, now),
    );
    const { unauthorised: _, unauthorisedSince: __, ...facts } = known;
    const before = {
      ...facts,
      attributes: JSON.parse(known.attributes),
      provenance: {},
      revision: 0,
      createdAt: Date.parse(known.createdAt),
      updatedAt: Date.parse(known.updatedAt),
    };
    const after = { ...before, attributes: { memory: 128, rack: 'B2' }, version: 2, updatedAt: now };
    const changes = [...fresh.map((item) => ({ after: item })), { before, after }];
    await database.commit({
      statements: [
        insertChangeSet(set),
        ...writeItems(changes, { actorId: 'ivan', actorName: 'Иван', changeSetId: set.id }, { classes: new Map(), sensitive: new Set() }),
      ],
      events: changes.map((change) => announceItem(change, new Set())),
    });
    return { set, known, fresh };
  }

  it('is taken back as a change set of its own: what it made goes, what it changed is as before', async () => {
    const { set, known, fresh } = await importThree();
    const revert = await history.revertChangeSet({ id: set.id, reason: 'wrong file' }, mine());
    const done = await untilDone(revert.id);
    expect(done).toMatchObject({ kind: 'revert', reverts: set.id, counts: { itemsReverted: 3, relationsReverted: 0, conflicts: 0 } });
    expect(JSON.parse((await cmdb.getItem({ id: known.id }, mine())).attributes)).toEqual({ memory: 64, rack: 'A1', lifecycleState: 'in_use' });
    for (const { id } of fresh) expect((await cmdb.getItem({ id }, mine())).state).toBe('retired');
    const { items } = await cmdb.getItemHistory({ id: known.id, limit: 1 }, mine());
    expect(items[0]).toMatchObject({ changeSetId: revert.id, reason: 'wrong file' });
    await expect(history.revertChangeSet({ id: set.id }, mine())).rejects.toMatchObject({ kind: 'illegal_state' });
  });

  it('leaves what somebody changed since, and lists it', async () => {
    const { set, known } = await importThree();
    await update(known, 2, { rack: 'C3' });
    const revert = await history.revertChangeSet({ id: set.id }, mine());
    expect((await untilDone(revert.id)).counts).toMatchObject({ itemsReverted: 3, conflicts: 1 });
    expect(JSON.parse((await cmdb.getItem({ id: known.id }, mine())).attributes)).toEqual({ memory: 64, rack: 'C3', lifecycleState: 'in_use' });
    const { items } = await history.listRevertConflicts({ id: revert.id }, mine());
    expect(items).toEqual([{ entryId: known.id, kind: 'item', detail: 'attributes.rack' }]);
  });

  it('is taken back by one of two who ask at once', async () => {
    const { set } = await importThree();
    const asked = await Promise.allSettled([history.revertChangeSet({ id: set.id }, mine()), history.revertChangeSet({ id: set.id }, mine())]);
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('the history', () => {
  it('has a part for the year to come, and drops whole parts that are older than what is kept', async () => {
    const item = await create('old', { step: 0 }, at('2024-01-10T00:00:00.000Z'));
    await update(item, 1, { step: 1 }, at('2024-02-10T00:00:00.000Z'));
    await update(item, 2, { step: 2 }, at('2025-02-10T00:00:00.000Z'));
    const clock = { now: () => Date.parse('2029-06-01T00:00:00.000Z') };
    await arrangeHistory({ database, clock, log, keptYears: 4 });
    const { items } = await cmdb.getItemHistory({ id: item.id }, mine());
    expect(items.map(({ version }) => version)).toEqual([3, 2]);
    const parts = await database.query<{ name: string }>(
      sql`select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'item_version'::regclass order by 1`,
    );
    expect(parts.map(({ name }) => name)).toEqual(expect.arrayContaining(['item_version_2029', 'item_version_2030']));
    expect(parts.map(({ name }) => name)).not.toContain('item_version_2024');
  });
});
