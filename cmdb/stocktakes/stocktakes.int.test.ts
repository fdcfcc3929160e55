import type { NewScan, Scan, Stocktake, StocktakeSettlement, StocktakeService as Stocktakes } from '../../generated/opora/cmdb/v1/stocktakes.ts';
import { StocktakeService } from '../../generated/opora/cmdb/v1/stocktakes.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Client } from '../../platform/rpc/call.ts';
import { aCall, mortal, openAlone } from '../../tests/cmdb/alone.ts';
import { describeInventory } from '../../tests/cmdb/describe-inventory.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { aServer, mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';
import { itemUseCases } from '../items.ts';
import { keepStocktakes } from './keep-stocktakes.ts';
import { scanUseCases } from './scans.ts';
import { stocktakeUseCases } from './stocktakes.ts';

let hub: OpenCmdb;
let stocktakes: Client<Stocktakes>;
beforeAll(async () => {
  hub = await openCmdb();
  stocktakes = hub.client(StocktakeService);
});
afterAll(() => hub.close());

let store = 0;
/** A store of its own with six servers, and what is expected there. */
async function open(place?: string) {
  const site = `STORE-${++store}`;
  const items = Array.from({ length: 6 }, (_, index) =>
    aServer(`${site}-${index}`, { site, serialNumber: `${site}SN${index}`, manufacturer: 'Dell', inventoryNumber: `A ${site} ${index}` }),
  );
  await hub.sources.takeDelta({ source: 'agent', items, relations: [], removedKeys: [], removedRelations: [] }, mine());
  const { id } = await stocktakes.openStocktake({ title: site, filter: { ids: [], where: [], site }, place: place ?? site }, mine());
  return { id, site };
}
const scan = async (id: string, ...scans: (string | NewScan)[]): Promise<Scan[]> =>
  (await stocktakes.recordScans({ id, scans: scans.map((one) => (typeof one === 'string' ? { code: one } : one)) }, mine())).items;
const countsOf = async (id: string) => (await stocktakes.getStocktake({ id }, mine())).counts;
const until = (id: string, status: Stocktake['status']) =>
  eventually(
    () => stocktakes.getStocktake({ id }, mine()),
    (stocktake) => stocktake.status === status,
  );
const close = async (id: string, settlement?: StocktakeSettlement) => {
  await stocktakes.closeStocktake({ id, ...(settlement && { settlement }) }, mine());
  return until(id, 'closed');
};
const apply = async (id: string) => {
  await stocktakes.applyStocktake({ id }, mine());
  return until(id, 'applied');
};
const itemsOf = async (id: string, outcome: 'found' | 'elsewhere' | 'missing' | 'unexpected') =>
  (await stocktakes.listStocktakeItems({ id, outcome }, mine())).items;
const attributesOf = async (id: string) => JSON.parse((await hub.cmdb.getItem({ id }, mine())).attributes) as Record<string, unknown>;
const today = () => new Date().toISOString().slice(0, 10);

describe('a scan', () => {
  it.each([
    ['an inventory number, however it is written', (site: string) => `№ a-${site.toLowerCase()}-1`, 'inventory_number'],
    ['a serial number without its maker', (site: string) => `${site}sn1`, 'serial'],
    ['a name', (site: string) => `${site}-1`.toUpperCase(), 'name'],
  ])('is recognised by %s', async (_, code, by) => {
    const { id, site } = await open();
    const [found] = await scan(id, code(site));
    expect(found).toMatchObject({ outcome: 'found', itemName: `${site}-1`, recognisedBy: by, repeatedScan: false });
    expect(await countsOf(id)).toMatchObject({ expected: 6, found: 1, missing: 5 });
  });

  it('is the same scan when the telephone sends it again, and counts its item once', async () => {
    const { id, site } = await open();
    const one = { code: `${site}-1`, scanId: 'phone-7:1' };
    const [first] = await scan(id, one);
    expect(await scan(id, one, { ...one, scanId: 'phone-7:2' })).toEqual([
      first,
      expect.objectContaining({ scanId: 'phone-7:2', repeatedScan: true, outcome: 'found' }),
    ]);
    expect(await countsOf(id)).toMatchObject({ found: 1 });
    expect((await stocktakes.listScans({ id }, mine())).items).toHaveLength(2);
  });

  it('tells what is elsewhere, what was not expected and what nobody knows; the latest scan of an item counts', async () => {
    const { id, site } = await open();
    const other = await open();
    const codes = [{ code: `${site}-0`, place: other.site }, `${site}-1`, `${other.site}-3`, 'no such number'];
    expect((await scan(id, ...codes)).map(({ outcome }) => outcome)).toEqual(['elsewhere', 'found', 'unexpected', 'unknown']);
    expect(await countsOf(id)).toEqual({ expected: 6, found: 1, elsewhere: 1, missing: 4, unexpected: 1, unknown: 1 });
    await scan(id, { code: `${site}-0`, scannedAt: '2020-01-01T00:00:00.000Z' });
    expect(await countsOf(id)).toMatchObject({ found: 1, elsewhere: 1 });
    await scan(id, `${site}-0`);
    expect(await countsOf(id)).toMatchObject({ found: 2, elsewhere: 0 });
  });

  it('that nobody knows is resolved by a person: to an item, or to a new one', async () => {
    const { id, site } = await open();
    const [one, other] = await scan(id, { code: 'faded label', scanId: 'p:1' }, { code: 'SN-4711', scanId: 'p:2' });
    expect([one?.outcome, other?.outcome]).toEqual(['unknown', 'unknown']);
    const [missing] = await itemsOf(id, 'missing');
    const resolved = await stocktakes.resolveScan({ id, scanId: 'p:1', itemId: missing?.itemId ?? '' }, mine());
    expect(resolved).toMatchObject({ outcome: 'found', recognisedBy: 'person', itemName: missing?.name });
    const newItem = { class: 'server', name: 'new in the corner', attributes: JSON.stringify({ inventoryNumber: `NEW ${site}` }) };
    const entered = await stocktakes.resolveScan({ id, scanId: 'p:2', newItem }, mine());
    expect(entered).toMatchObject({ outcome: 'unexpected', itemName: 'new in the corner' });
    expect(await attributesOf(entered.itemId ?? '')).toMatchObject({ site, inventoryNumber: `NEW ${site}` });
    expect(await countsOf(id)).toMatchObject({ found: 1, unexpected: 1, unknown: 0 });
    await expect(stocktakes.resolveScan({ id, scanId: 'p:2', newItem }, mine())).rejects.toMatchObject({ kind: 'illegal_state' });
  });

  it('of a number that several have is about the one that is expected, or a person must say', async () => {
    const { id, site } = await open();
    const twin = (key: string, more: object = {}) => aServer(key, { serialNumber: `${site}TWIN`, manufacturer: key, ...more });
    await hub.sources.takeDelta({ source: 'agent', items: [twin('HP'), twin('IBM')], relations: [], removedKeys: [], removedRelations: [] }, mine());
    const [unknown] = await scan(id, `${site}TWIN`);
    expect(unknown).toMatchObject({ outcome: 'unknown', candidates: [expect.any(String), expect.any(String)] });
  });
});

describe('32 people who scan at once', () => {
  it('count each item once, whoever else scans it', async () => {
    const { id, site } = await open();
    const people = Array.from({ length: 32 }, async (_, person) => {
      for (let turn = 0; turn < 4; turn++)
        await scan(
          id,
          { code: `${site}-${(person + turn) % 6}`, scanId: `p${person}:${turn}` },
          { code: `nothing ${person}`, scanId: `p${person}:n${turn}` },
        );
    });
    await Promise.all(people);
    expect(await countsOf(id)).toEqual({ expected: 6, found: 6, elsewhere: 0, missing: 0, unexpected: 0, unknown: 128 });
    const [counted] = await hub.database.query<{ scans: number; first: number }>(sql`select count(*)::int as scans,
      (count(*) filter (where item_id is not null and not repeated))::int as first from stocktake_scan where stocktake_id = ${id}`);
    expect(counted).toEqual({ scans: 256, first: 6 });
  });
});

describe('a stocktake', () => {
  it('shows when it is closed what it would change, applies it as one change set, and is taken back', async () => {
    const { id, site } = await open();
    const other = await open();
    await scan(id, { code: `${site}-0`, condition: 'worn' }, { code: `${site}-1`, place: 'YARD' }, `${other.site}-0`);
    const before = await describeInventory(hub.database);
    const mark = JSON.stringify({ description: 'not found' });
    expect((await close(id, { missing: 'mark', mark })).preview).toEqual({ changed: 7, unchanged: 0, refused: 0 });
    const [found] = await itemsOf(id, 'found');
    expect(found).toMatchObject({
      fate: 'changed',
      scannedBy: 'Иван',
      differences: [
        { field: 'attributes.condition', after: '"worn"' },
        { field: 'attributes.lastInventoriedOn', after: `"${today()}"` },
      ],
    });
    expect(await describeInventory(hub.database)).toBe(before);

    expect((await apply(id)).applied).toEqual({ changed: 7, unchanged: 0, refused: 0 });
    const [moved] = await itemsOf(id, 'elsewhere');
    const [strange] = await itemsOf(id, 'unexpected');
    const [lost] = await itemsOf(id, 'missing');
    expect(await attributesOf(moved?.itemId ?? '')).toMatchObject({ site: 'YARD', lastInventoriedOn: today() });
    expect(await attributesOf(strange?.itemId ?? '')).toMatchObject({ site, lastInventoriedOn: today() });
    expect(await attributesOf(lost?.itemId ?? '')).toMatchObject({ site, description: 'not found' });
    expect(await hub.history.getChangeSet({ id }, mine())).toMatchObject({ kind: 'stocktake', status: 'done', title: site });

    const set = await hub.history.revertChangeSet({ id }, mine());
    await eventually(
      () => hub.history.getChangeSet({ id: set.id }, mine()),
      ({ status }) => status === 'done',
    );
    expect(await describeInventory(hub.database)).toBe(before);
  });

  it('is settled as one chooses: missing items retire, others stay as they are', async () => {
    const { id, site } = await open();
    const other = await open();
    await scan(id, { code: `${site}-1`, place: 'YARD' }, `${other.site}-0`);
    const settlement = { missing: 'retire', elsewhere: 'leave', unexpected: 'leave' } as const;
    expect((await close(id, settlement)).preview).toEqual({ changed: 6, unchanged: 1, refused: 0 });
    await apply(id);
    const [lost] = await itemsOf(id, 'missing');
    expect((await hub.cmdb.getItem({ id: lost?.itemId ?? '' }, mine())).state).toBe('retired');
    const [elsewhere] = await itemsOf(id, 'elsewhere');
    expect((await attributesOf(elsewhere?.itemId ?? ''))['site']).toBe(site);
  });

  it('brings back what was out of use and stands there', async () => {
    const { id, site } = await open();
    const other = await open();
    const [gone] = (await hub.cmdb.listItems({ site: other.site, ids: [], where: [], limit: 1 } as never, mine())).items;
    await hub.cmdb.retireItem({ id: gone?.id ?? '', expectedVersion: 1 }, mine());
    expect((await scan(id, gone?.id ?? ''))[0]).toMatchObject({ outcome: 'unexpected', recognisedBy: 'id' });
    await close(id);
    await apply(id);
    const back = await hub.cmdb.getItem({ id: gone?.id ?? '' }, mine());
    expect([back.state, (JSON.parse(back.attributes) as { site: string }).site]).toEqual(['active', site]);
  });

  it('takes no scans when it is closed, and goes on when it is opened again', async () => {
    const { id, site } = await open();
    await close(id);
    await expect(scan(id, `${site}-0`)).rejects.toMatchObject({ kind: 'illegal_state' });
    await stocktakes.reopenStocktake({ id }, mine());
    await scan(id, `${site}-0`);
    await expect(stocktakes.applyStocktake({ id }, mine())).rejects.toMatchObject({ kind: 'illegal_state' });
    expect((await close(id)).preview).toMatchObject({ changed: 1, unchanged: 5 });
  });

  it.each([
    ['an opening that expects everything', () => stocktakes.openStocktake({ title: 'all', filter: { ids: [], where: [] } }, mine()), '/filter'],
    [
      'marking without a mark',
      async () => stocktakes.closeStocktake({ id: (await open()).id, settlement: { missing: 'mark' } }, mine()),
      '/settlement/mark',
    ],
    ['a resolution that says nothing', async () => stocktakes.resolveScan({ id: (await open()).id, scanId: 'x' }, mine()), '/itemId'],
  ])('refuses %s', async (_, ask, pointer) => {
    await expect(ask()).rejects.toMatchObject({ kind: 'invalid_input', violations: [{ pointer }] });
  });
});

describe('a process that dies while it applies a stocktake', () => {
  it('goes on where it was: each item is changed once', async () => {
    const alone = await openAlone();
    const { database } = alone;
    try {
      const attributes = JSON.stringify({ site: 'MSK' });
      const items = Array.from({ length: 13 }, (_, index) => ({ key: `k${index}`, class: 'server', name: `s${index}`, attributes, lookups: [] }));
      await alone.takePage({ source: 'agent', items, relations: [] }, aCall(database), () => undefined);
      const useCases = stocktakeUseCases(alone);
      const scans = scanUseCases({ ...alone, find: useCases.find, items: itemUseCases(alone) });
      const { id } = await useCases.open({ title: 'MSK', filter: { site: 'MSK', ids: [], where: [] } }, aCall(database), (one) => one);
      await scans.record({ id, scans: items.slice(0, 7).map(({ name }) => ({ code: name })) }, aCall(database), () => undefined);
      let commits = 0;
      const process = mortal(database, () => ++commits % 2 === 0);
      const keeper = keepStocktakes({ database: process, model: alone.model, newId: () => newUuid(Date.now()), pageSize: 2 });
      const run = async (status: string) => {
        for (let turn = 0; (await useCases.find(id)).status !== status; turn++) {
          if (turn > 100) throw new Error('It does not come to an end.');
          const due = await database.query<{ key: string }>(sql`select key from timer where key like 'stocktake/%'`);
          try {
            const { statements = [] } = await keeper.handle(
              due.map(({ key }) => ({ key, due: 0 })),
              Date.now(),
            );
            await process.commit({ statements: [...statements, sql`delete from timer where key = any(${due.map(({ key }) => key)}::text[])`] });
          } catch (error) {
            if (!(error instanceof Error) || error.message !== 'The process was killed.') throw error;
          }
        }
      };
      await useCases.close({ id, settlement: { missing: 'retire' } }, aCall(database), () => undefined);
      await run('closed');
      await useCases.apply(id, aCall(database), () => undefined);
      await run('applied');
      expect((await useCases.find(id)).applied).toEqual({ changed: 13, unchanged: 0, refused: 0 });
      const states = await database.query(sql`select version, state, count(*)::int from item group by 1, 2 order by 2`);
      expect(states).toEqual([
        { version: 2, state: 'active', count: 7 },
        { version: 2, state: 'retired', count: 6 },
      ]);
    } finally {
      await alone.close();
    }
  });
});
