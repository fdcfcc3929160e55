import type { ListItemsRequest } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { type ItemFacts, type ItemState, newItem, reviseItem } from '../domain/item.ts';
import { type CompiledModel, compileModel } from '../domain/model/compile-model.ts';
import { readPacks } from '../model/read-packs.ts';
import { fullSight } from '../rights/rights.ts';
import { cmdb } from '../service.ts';
import { writeItems } from '../storage/item-store.ts';
import { listItems } from './list-items.ts';
import { resolveItems } from './resolve-items.ts';

const author = { actorId: 'ivan', actorName: 'Иван' };
let now = Date.parse('2026-03-02T09:00:00.000Z');
let database: TestDatabase;
let model: CompiledModel;

beforeAll(async () => {
  database = await openTestDatabase(cmdb);
  model = compileModel(await readPacks());
});
afterAll(() => database.close());

async function add(source: string, facts: ItemFacts & { name: string; key?: string }): Promise<ItemState> {
  const { key = facts.name, ...rest } = facts;
  const after = newItem({ id: newUuid(), source, key }, { class: 'server', ...rest }, now++);
  await database.commit({ statements: writeItems([{ after }], author) });
  return after;
}

async function change(before: ItemState, facts: ItemFacts): Promise<ItemState> {
  const after = reviseItem(before, facts, now++);
  if (!after) throw new Error('Nothing changes.');
  await database.commit({ statements: writeItems([{ before, after }], author) });
  return after;
}

async function readAllPages(request: Partial<ListItemsRequest>): Promise<ItemState[]> {
  const { items, next } = await listItems(database, request, model, { sight: fullSight, masked: new Set() });
  return next === undefined ? items : [...items, ...(await readAllPages({ ...request, after: next }))];
}

describe('a list of items', () => {
  it.each([
    ['name', ['A', 'b', 'b', 'b', 'Я', 'а']],
    ['-name', ['а', 'Я', 'b', 'b', 'b', 'A']],
    ['updatedAt', ['Я', 'а', 'b', 'b', 'b', 'A']],
    ['-updatedAt', ['A', 'b', 'b', 'b', 'а', 'Я']],
  ] as const)('goes page by page in the order of %s, also where it is equal', async (sort, names) => {
    const source = `pages ${sort}`;
    for (const [key, name] of ['Я', 'а', 'b', 'b', 'b', 'A'].entries()) await add(source, { name, key: `${key}` });
    const pages = await readAllPages({ source, sort, limit: 2 });
    expect(pages.map(({ name }) => name)).toEqual(names);
    expect(new Set(pages.map(({ id }) => id)).size).toBe(6);
  });

  it('of a class has the items of its subclasses too', async () => {
    const [vm, pump] = [await add('kinds', { name: 'vm', class: 'virtual_machine' }), await add('kinds', { name: 'pump', class: 'pump' })];
    const list = async (itemClass: string) =>
      (await listItems(database, { source: 'kinds', class: itemClass }, model, { sight: fullSight, masked: new Set() })).items.map(({ id }) => id);
    expect(await list('virtual_machine')).toEqual([vm.id]);
    expect(await list('hardware')).toEqual([pump.id]);
    expect(await list('configuration_item')).toEqual([pump.id, vm.id]);
    expect(await list('spaceship')).toEqual([]);
  });

  it.each(['organisation', 'site', 'owner', 'supportTeam'] as const)('has only the items of one %s when it is asked for', async (name) => {
    const [one, none] = [await add(name, { name: 'one', attributes: { [name]: 'A-1' } }), await add(name, { name: 'none' })];
    expect((await listItems(database, { source: name, [name]: 'A-1' }, model, { sight: fullSight, masked: new Set() })).items).toEqual([one]);
    expect((await listItems(database, { source: name }, model, { sight: fullSight, masked: new Set() })).items).toEqual([none, one]);
  });

  it.each([
    ['part of a word', 'ектро', true],
    ['letters of the other case', 'ЭЛЕКТРО', true],
    ['е for ё', 'счетчик', true],
    ['another form of the words', 'электронные счётчики', true],
    ['a part of an address', '10.77.', true],
    ['a part of the key', 'wm-77', true],
    ['nothing by words that are not there', 'насос', false],
    ['nothing by a wildcard, which means itself', '%', false],
  ])('finds %s', async (name, q, isThere) => {
    await add(name, { key: 'WM-771', name: 'Счётчик электронный', lookups: ['10.77.0.1'] });
    expect((await listItems(database, { q, source: name }, model, { sight: fullSight, masked: new Set() })).items).toHaveLength(isThere ? 1 : 0);
  });

  it('shows active items unless it is asked for retired ones', async () => {
    await change(await add('states', { name: 'gone' }), { state: 'retired' });
    expect((await listItems(database, { source: 'states' }, model, { sight: fullSight, masked: new Set() })).items).toEqual([]);
    expect((await listItems(database, { source: 'states', state: 'retired' }, model, { sight: fullSight, masked: new Set() })).items).toHaveLength(1);
  });

  it('refuses a cursor of another order', async () => {
    await add('cursor', { name: 'one' });
    await add('cursor', { name: 'two' });
    const { next } = await listItems(database, { limit: 1 }, model, { sight: fullSight, masked: new Set() });
    expect(next).toBeDefined();
    await expect(
      listItems(database, { limit: 1, sort: '-name', after: next ?? '' }, model, { sight: fullSight, masked: new Set() }),
    ).rejects.toMatchObject({ kind: 'invalid_input' });
  });
});

describe('a name', () => {
  const resolve = async (...names: string[]) =>
    (await resolveItems(database, names, fullSight)).map(({ name, itemId, candidates }) => [name, itemId, candidates]);

  it('stands for an item by lookup before own name, whatever the letter case, and the oldest of equals is taken', async () => {
    const named = await add('names', { name: 'app-7', lookups: ['10.7.0.1'] });
    const known = await add('names', { name: 'other', lookups: ['APP-7', 'shared'] });
    await add('names', { name: 'third', lookups: ['shared'] });
    expect(await resolve('App-7', '10.7.0.1', 'shared', 'nobody', 'app-7')).toEqual([
      ['App-7', known.id, 1],
      ['10.7.0.1', named.id, 1],
      ['shared', known.id, 2],
      ['app-7', known.id, 1],
    ]);
  });

  it('follows the item: a renamed one is found by its new name only, a retired one not at all', async () => {
    const item = await add('names', { name: 'old-name', lookups: ['10.8.0.1'] });
    const renamed = await change(item, { name: 'new-name' });
    expect((await resolve('old-name', 'new-name', '10.8.0.1')).map(([name]) => name)).toEqual(['new-name', '10.8.0.1']);
    await change(renamed, { state: 'retired' });
    expect(await resolve('old-name', 'new-name', '10.8.0.1')).toEqual([]);
  });

  it('that was only an item’s own becomes a lookup, and back', async () => {
    const item = await add('names', { name: 'twin' });
    const younger = await change(await add('names', { name: 'second' }), { lookups: ['twin'] });
    expect(await resolve('twin')).toEqual([['twin', younger.id, 1]]);
    const known = await change(item, { lookups: ['twin'] });
    expect(await resolve('twin')).toEqual([['twin', item.id, 2]]);
    await change(known, { lookups: [] });
    expect(await resolve('twin')).toEqual([['twin', younger.id, 1]]);
  });
});
