import type { BulkEdit, BulkEditService as Edits, ItemChanges } from '../../generated/opora/cmdb/v1/edits.ts';
import { BulkEditService } from '../../generated/opora/cmdb/v1/edits.ts';
import { ModelService } from '../../generated/opora/cmdb/v1/model.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Client } from '../../platform/rpc/call.ts';
import { aCall, aContext, mortal, openAlone } from '../../tests/cmdb/alone.ts';
import { aClass, text } from '../../tests/cmdb/cmdb-under-test.ts';
import { describeInventory } from '../../tests/cmdb/describe-inventory.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { aServer, mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';
import { itemUseCases } from '../items.ts';
import { fullSight } from '../rights/rights.ts';
import { bulkEditUseCases } from './bulk-edits.ts';
import { keepBulkEdits } from './keep-bulk-edits.ts';

let hub: OpenCmdb;
let edits: Client<Edits>;
beforeAll(async () => {
  hub = await openCmdb();
  edits = hub.client(BulkEditService);
  // Accounting counts for more than people where the number of its ledger is concerned.
  const ledger = { ...text, authority: [{ source: '1c' }, { source: 'manual' }] };
  await hub.client(ModelService).putClass(aClass('kiosk', { parent: 'server', attributes: { ledger } }), mine());
});
afterAll(() => hub.close());

const changes = (more: Partial<ItemChanges> = {}): ItemChanges => ({
  addLookups: [],
  removeLookups: [],
  retire: false,
  addRelations: [],
  removeRelations: [],
  ...more,
});
const kiosk = { class: 'kiosk' };
const setting = (attributes: object) => changes({ attributes: JSON.stringify(attributes) });
const itemOf = async (name: string) => {
  const { items } = await hub.cmdb.listItems({ q: name, ids: [], where: [] } as never, mine());
  const item = items.find((one) => one.name === name);
  if (!item) throw new Error(`There is no "${name}".`);
  return { ...item, attributes: JSON.parse(item.attributes) as Record<string, unknown> };
};
const until = (id: string, status: BulkEdit['status']) =>
  eventually(
    () => edits.getBulkEdit({ id }, mine()),
    (edit) => edit.status === status,
  );
async function preview(filter: object, wanted: ItemChanges): Promise<BulkEdit> {
  const { id } = await edits.createBulkEdit({ filter: { ids: [], where: [], ...filter }, changes: wanted, reason: 'CHG-7' }, mine());
  return until(id, 'draft');
}
async function apply(id: string): Promise<BulkEdit> {
  await edits.applyBulkEdit({ id }, mine());
  return until(id, 'applied');
}
async function revert(id: string): Promise<void> {
  const set = await hub.history.revertChangeSet({ id }, mine());
  await eventually(
    () => hub.history.getChangeSet({ id: set.id }, mine()),
    ({ status }) => status === 'done',
  );
}
const rowsOf = (id: string, outcome?: 'changed' | 'unchanged' | 'refused') =>
  edits.listBulkEditRows({ id, ...(outcome && { outcome }) }, mine()).then(({ items }) => items);
const say = (source: string, ...items: ReturnType<typeof aServer>[]) =>
  hub.sources.takeDelta({ source, items, relations: [], removedKeys: [], removedRelations: [] }, mine());

describe('a bulk edit', () => {
  it('shows what would become of each item and why not, changes nothing before it is applied, and is taken back as one change', async () => {
    await say(
      'agent',
      aServer('a1', { site: 'SPB', ledger: 'L7' }, kiosk),
      aServer('a2', { site: 'SPB' }, kiosk),
      aServer('a3', { site: 'MSK' }, kiosk),
    );
    await say('1c', aServer('b1', { ledger: 'L1', site: 'MSK' }, kiosk));
    const ids = [await itemOf('a1'), await itemOf('a2'), await itemOf('a3'), await itemOf('b1')].map(({ id }) => id);
    const draft = await preview({ ids }, setting({ site: 'SPB', ledger: 'L7' }));
    expect(draft).toMatchObject({ total: 4, done: 4, preview: { changed: 2, unchanged: 1, refused: 1, 'refused.other_source': 1 }, applied: {} });
    expect((await rowsOf(draft.id, 'changed'))[0]).toMatchObject({ name: 'a2', differences: [{ field: 'attributes.ledger', after: '"L7"' }] });
    expect((await rowsOf(draft.id, 'refused'))[0]).toMatchObject({ name: 'b1', reasons: [{ code: 'other_source' }] });
    expect((await itemOf('a2')).attributes['ledger']).toBeUndefined();

    const before = await describeInventory(hub.database);
    expect(await apply(draft.id)).toMatchObject({ applied: { changed: 2, refused: 1 }, appliedBy: 'Иван' });
    const { attributes, version } = await itemOf('a2');
    expect([attributes['ledger'], version]).toEqual(['L7', 2]);
    const set = await hub.history.getChangeSet({ id: draft.id }, mine());
    expect(set).toMatchObject({ kind: 'bulk', status: 'done', title: 'site, ledger', reason: 'CHG-7', counts: { changed: 2 } });
    await revert(draft.id);
    expect(await describeInventory(hub.database)).toBe(before);
    // The person's word does not stand above the source's any more.
    await say('agent', aServer('a2', { site: 'SPB', ledger: 'L3' }, kiosk));
    expect((await itemOf('a2')).attributes['ledger']).toBe('L3');
  });

  it('refuses what does not fit the model, and an identifier that only one of its items can have', async () => {
    await say('agent', aServer('c1', {}), aServer('c2', {}));
    const ids = [(await itemOf('c1')).id, (await itemOf('c2')).id];
    expect((await preview({ ids }, setting({ memoryGb: 'much' }))).preview).toMatchObject({ refused: 2, 'refused.does_not_fit': 2 });
    const { id, preview: shown } = await preview({ ids }, setting({ serialNumber: 'SAME', manufacturer: 'HP' }));
    expect(shown).toMatchObject({ changed: 1, refused: 1, 'refused.identifier_taken': 1 });
    expect((await apply(id)).applied).toEqual(shown);
  });

  it('decides anew what was changed since it was looked at, and says so', async () => {
    await say('agent', aServer('d1', { owner: 'Иванов' }));
    const { id: itemId } = await itemOf('d1');
    const { id } = await preview({ ids: [itemId] }, setting({ owner: 'Петров' }));
    await say('agent', aServer('d1', { owner: 'Сидоров' }));
    await apply(id);
    expect((await rowsOf(id))[0]).toMatchObject({
      outcome: 'changed',
      changedSince: true,
      version: 2,
      differences: [{ field: 'attributes.owner', before: '"Сидоров"', after: '"Петров"' }],
    });
  });

  it('retires items, and brings them back with their relations when it is taken back', async () => {
    await say('agent', aServer('e1'), aServer('e2'));
    const [one, other] = [await itemOf('e1'), await itemOf('e2')];
    const relation = await hub.cmdb.createRelation({ type: 'depends_on', fromId: one.id, toId: other.id }, mine());
    const { id } = await preview({ ids: [other.id] }, changes({ retire: true }));
    await apply(id);
    const stateOf = async () => (await hub.cmdb.getRelation({ id: relation.id }, mine())).state;
    await eventually(stateOf, (state) => state === 'removed');
    await revert(id);
    expect((await itemOf('e2')).state).toBe('active');
    expect(await stateOf()).toBe('active');
  });

  it('relates items and ends relations where the model lets it', async () => {
    await say('agent', aServer('f1'), aServer('f2'));
    const [one, other] = [await itemOf('f1'), await itemOf('f2')];
    const end = { type: 'depends_on', toId: other.id };
    const added = await preview({ ids: [one.id, other.id] }, changes({ addRelations: [end] }));
    expect(added.preview).toMatchObject({ changed: 1, refused: 1, 'refused.relation_invalid': 1 });
    await apply(added.id);
    const count = async () => (await hub.cmdb.listRelations({ itemId: one.id }, mine())).items.length;
    expect(await count()).toBe(1);
    const removed = await preview({ ids: [one.id, other.id] }, changes({ removeRelations: [end] }));
    expect((await apply(removed.id)).applied).toMatchObject({ changed: 1, unchanged: 1 });
    expect(await count()).toBe(0);
    await revert(removed.id);
    expect(await count()).toBe(1);
  });

  it.each([
    ['a filter that means everything', { filter: { ids: [], where: [] }, changes: setting({ owner: 'x' }) }, '/filter'],
    ['changes that change nothing', { filter: { ids: [], where: [], site: 'MSK' }, changes: changes() }, '/changes'],
    ['a class that is none', { filter: { ids: [], where: [], site: 'MSK' }, changes: changes({ class: 'pmup' }) }, '/changes/class'],
  ])('refuses %s', async (_, request, pointer) => {
    await expect(edits.createBulkEdit(request, mine())).rejects.toMatchObject({ kind: 'invalid_input', violations: [{ pointer }] });
  });

  it('is not applied before it was looked at, and once however often it is asked', async () => {
    await say('agent', aServer('g1'));
    const { id: itemId } = await itemOf('g1');
    const { id } = await preview({ ids: [itemId] }, setting({ owner: 'Петров' }));
    await Promise.all([1, 2, 3].map(() => edits.applyBulkEdit({ id }, mine())));
    await until(id, 'applied');
    expect((await itemOf('g1')).version).toBe(2);
    await hub.database.query(sql`update bulk_edit set status = 'previewing' where id = ${id}`);
    await expect(edits.applyBulkEdit({ id }, mine())).rejects.toMatchObject({ kind: 'illegal_state' });
  });
});

describe('a process that dies while it applies a bulk edit', () => {
  it('goes on where it was: each item is changed once', async () => {
    const alone = await openAlone();
    const { database } = alone;
    try {
      const items = Array.from({ length: 23 }, (_, index) => ({ key: `k${index}`, class: 'server', name: `s${index}`, lookups: [] }));
      await alone.takePage({ source: 'agent', items, relations: [] }, aCall(database), () => undefined);
      const useCases = bulkEditUseCases(alone);
      const request = { filter: { class: 'server', ids: [], where: [] }, changes: setting({ owner: 'Петров' }) };
      const { id } = await useCases.create(request, aCall(database), (edit) => edit);
      let commits = 0;
      const process = mortal(database, () => ++commits % 2 === 0);
      const keeper = keepBulkEdits({ database: process, model: alone.model, newId: () => aContext().newId(), pageSize: 2 });
      const run = async (status: string) => {
        for (let turn = 0; (await useCases.find(id)).status !== status; turn++) {
          if (turn > 100) throw new Error('It does not come to an end.');
          const due = await database.query<{ key: string }>(sql`select key from timer where key like 'bulk-edit/%'`);
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
      await run('draft');
      await itemUseCases(alone).find((await database.query<{ id: string }>(sql`select id from item limit 1`))[0]?.id ?? '', fullSight);
      await useCases.apply(id, aCall(database), () => undefined);
      await run('applied');
      expect((await useCases.find(id)).applied).toMatchObject({ changed: 23, unchanged: 0, refused: 0 });
      const versions = await database.query(sql`select version, attributes ->> 'owner' as owner, count(*)::int from item group by 1, 2`);
      expect(versions).toEqual([{ version: 2, owner: 'Петров', count: 23 }]);
      expect(await database.query(sql`select status from change_set where id = ${id}`)).toEqual([{ status: 'done' }]);
    } finally {
      await alone.close();
    }
  });
});
