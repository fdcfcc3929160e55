import type { ListItemsRequest } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { type ItemFacts, type ItemState, newItem, reviseItem } from '../domain/item.ts';
import { type CompiledModel, compileModel } from '../domain/model/compile-model.ts';
import { readPacks } from '../model/read-packs.ts';
import { fullSight } from '../rights/rights.ts';
import { cmdb } from '../service.ts';
import type { Link } from '../sources/link.ts';
import { writeLinks } from '../sources/link-store.ts';
import { writeItems } from '../storage/item-store.ts';
import { listItems } from './list-items.ts';
import { resolveItems } from './resolve-items.ts';

const author = { actorId: 'ivan', actorName: 'Иван' };
let now = Date.parse('2026-03-02T09:00:00.000Z');
const all = { sight: fullSight, masked: new Set<string>() };
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
  const said = { class: after.class, name: after.name, attributes: after.attributes, lookups: after.lookups, identifiers: [] };
  const link: Link = { source, key, itemId: after.id, hash: Buffer.from(''), said, contested: false, saidAt: now, revision: 0 };
  await database.commit({ statements: [...writeItems([{ after }], author, model), ...writeLinks([link], [])] });
  return after;
}

async function change(before: ItemState, facts: ItemFacts): Promise<ItemState> {
  const after = reviseItem(before, facts, now++);
  if (!after) throw new Error('Nothing changes.');
  await database.commit({ statements: writeItems([{ before, after }], author, model) });
  return after;
}

async function readAllPages(request: Partial<ListItemsRequest>): Promise<ItemState[]> {
  const { items, next } = await listItems(database, request, model, all);
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
      (await listItems(database, { source: 'kinds', class: itemClass }, model, all)).items.map(({ id }) => id);
    expect(await list('virtual_machine')).toEqual([vm.id]);
    expect(await list('hardware')).toEqual([pump.id]);
    expect(await list('configuration_item')).toEqual([pump.id, vm.id]);
    expect(await list('spaceship')).toEqual([]);
  });

  it.each(['organisation', 'site', 'owner', 'supportTeam'] as const)('has only the items of one %s when it is asked for', async (name) => {
    const [one, none] = [await add(name, { name: 'one', attributes: { [name]: 'A-1' } }), await add(name, { name: 'none' })];
    expect((await listItems(database, { source: name, [name]: 'A-1' }, model, all)).items).toEqual([one]);
    expect((await listItems(database, { source: name }, model, all)).items).toEqual([none, one]);
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
    expect((await listItems(database, { q, source: name }, model, all)).items).toHaveLength(isThere ? 1 : 0);
  });

  it.each([
    ['class', ['pump A', 'server A', 'server B']],
    ['-class', ['server B', 'server A', 'pump A']],
    ['attributes.cores', ['server A', 'server B', 'pump A']],
    ['-attributes.cores', ['server B', 'server A', 'pump A']],
  ])('goes page by page in the order of %s', async (sort, names) => {
    const source = `orders ${sort}`;
    await add(source, { name: 'server B', class: 'server', attributes: { cores: 16 } });
    await add(source, { name: 'server A', class: 'server', attributes: { cores: 2 } });
    await add(source, { name: 'pump A', class: 'pump' });
    expect((await readAllPages({ source, sort, limit: 1 })).map(({ name }) => name)).toEqual(names);
  });

  it('is not made in the order of an attribute that is a list or that nobody knows', async () => {
    for (const sort of ['attributes.macAddresses', 'attributes.nothing'])
      await expect(listItems(database, { class: 'server', sort }, model, all)).rejects.toMatchObject({ violations: [{ pointer: '/sort' }] });
  });

  it.each([
    [['memoryGb>=16'], ['big', 'huge']],
    [['memoryGb>=16', 'memoryGb<512'], ['big']],
    [['memoryGb!=16'], ['bare', 'huge', 'small']],
    [['operatingSystem~astra'], ['big', 'small']],
    [['operatingSystem=RED OS'], ['huge']],
    [['!memoryGb?'], ['bare']],
    [['memoryGb?', 'macAddresses=00-1B-63-84-45-E6'], ['small']],
    [['warrantyUntil<2026-06-30'], ['small']],
  ])('has only the items for which %j holds', async (where, names) => {
    const source = `where ${where}`;
    await add(source, {
      name: 'small',
      attributes: { memoryGb: 4, operatingSystem: 'Astra Linux', macAddresses: ['00:1b:63:84:45:e6'], warrantyUntil: '2026-01-01' },
    });
    await add(source, { name: 'big', attributes: { memoryGb: 16, operatingSystem: 'Astra Linux SE', warrantyUntil: '2026-06-30' } });
    await add(source, { name: 'huge', attributes: { memoryGb: 512, operatingSystem: 'RED OS' } });
    await add(source, { name: 'bare' });
    expect((await readAllPages({ source, class: 'server', where, limit: 2 })).map(({ name }) => name)).toEqual(names);
  });

  it('tells which condition on an attribute is wrong', async () => {
    await expect(listItems(database, { class: 'server', where: ['memoryGb>=16', 'memoryGb>much'] }, model, all)).rejects.toMatchObject({
      kind: 'invalid_input',
      violations: [{ pointer: '/where/1' }],
    });
  });

  it.each([{ where: ['memoryGb>=1', 'cost>100'] }, { sort: 'attributes.cost' }, { where: ['!cost?'] }])(
    'by a sensitive attribute (%j) is only for who may see it',
    async (asked) => {
      const source = `rich ${JSON.stringify(asked)}`;
      const rich = await add(source, { name: 'rich', attributes: { memoryGb: 8, cost: 200 } });
      const request = { class: 'server', source, ...asked };
      const few = { sight: fullSight, masked: model.sensitive };
      await expect(listItems(database, request, model, few)).rejects.toMatchObject({ kind: 'not_allowed' });
      const { items } = await listItems(database, request, model, all);
      expect(items.map(({ id }) => id).includes(rich.id)).toBe(!('where' in asked && asked.where.includes('!cost?')));
    },
  );

  it('has neither in its order nor among what is found what the reader may not see', async () => {
    const rights = { sight: { ...fullSight, seesAll: false, items: () => sql`site = 'N'` }, masked: new Set<string>() };
    const source = 'hidden';
    await add(source, { name: 'насосный агрегат 77', attributes: { site: 'S' } });
    const seen = await add(source, { name: 'насосный агрегат 78', attributes: { site: 'N' } });
    for (const asked of [
      {},
      { q: 'насосный агрегат' },
      { q: 'насосный агрегат 77' },
      { q: 'агригат', sort: 'name' },
      { sort: '-updatedAt', class: 'hardware' },
    ])
      expect((await listItems(database, { source, ...asked }, model, rights)).items.map(({ id }) => id)).toEqual(
        asked.q === 'насосный агрегат 77' ? [] : [seen.id],
      );
  });

  it('has only what changed after and before a moment', async () => {
    const source = 'moments';
    const [first, second, third] = [await add(source, { name: '1' }), await add(source, { name: '2' }), await add(source, { name: '3' })];
    const between = { updatedAfter: new Date(first.updatedAt).toISOString(), updatedBefore: new Date(third.updatedAt).toISOString() };
    expect((await listItems(database, { source, ...between }, model, all)).items).toEqual([second]);
  });

  it('of a source has what that source speaks of, whoever named it first', async () => {
    const item = await add('first namer', { name: 'shared thing' });
    const said = { class: item.class, name: item.name, attributes: {}, lookups: [], identifiers: [] };
    const link: Link = { source: 'second', key: 'S-1', itemId: item.id, hash: Buffer.from(''), said, contested: false, saidAt: now, revision: 0 };
    await database.commit({ statements: writeLinks([link], []) });
    for (const filter of [{ source: 'second' }, { source: 'second', key: 'S-1' }, { source: 'first namer' }, { key: 'S-1' }])
      expect((await listItems(database, filter, model, all)).items.map(({ id }) => id)).toEqual([item.id]);
    expect((await listItems(database, { source: 'second', key: 'shared thing' }, model, all)).items).toEqual([]);
  });

  it('is complete where many items are looked at and few fit', async () => {
    const items = Array.from({ length: 1_200 }, (_, index) =>
      newItem(
        { id: newUuid(), source: 'crowd', key: `${index}` },
        { class: 'rack', name: `rack ${String(index).padStart(4, '0')}`, attributes: index % 400 === 399 ? { heightUnits: 47 } : {} },
        now++,
      ),
    );
    await database.commit({
      statements: writeItems(
        items.map((after) => ({ after })),
        author,
        model,
      ),
    });
    const found = await readAllPages({ class: 'rack', where: ['heightUnits=47'], limit: 2 });
    expect(found.map(({ name }) => name)).toEqual(['rack 0399', 'rack 0799', 'rack 1199']);
    expect((await readAllPages({ class: 'rack', q: 'rack 1199 ', limit: 5 })).map(({ name }) => name)).toEqual(['rack 1199']);
    expect(await readAllPages({ class: 'rack', q: 'rack', limit: 500 })).toHaveLength(1_200);
  });

  it('of what is looked for begins with what fits best and goes page by page', async () => {
    const source = 'ranks';
    for (const name of ['Клапан обратный', 'Обратный клапан', 'Клапан', 'Электроклапан', 'Клапанная коробка', 'Шкаф клапанов'])
      await add(source, { name });
    const expected = ['Клапан', 'Клапан обратный', 'Клапанная коробка', 'Обратный клапан', 'Шкаф клапанов', 'Электроклапан'];
    expect((await readAllPages({ source, q: 'клапан', limit: 1 })).map(({ name }) => name)).toEqual(expected);
    expect((await readAllPages({ source, q: 'клапан', limit: 50 })).map(({ name }) => name)).toEqual(expected);
    expect((await readAllPages({ source, q: 'клапон', sort: '-name', limit: 2 })).map(({ name }) => name)).toContain('Обратный клапан');
  });

  it('shows active items unless it is asked for retired ones', async () => {
    await change(await add('states', { name: 'gone' }), { state: 'retired' });
    expect((await listItems(database, { source: 'states' }, model, all)).items).toEqual([]);
    expect((await listItems(database, { source: 'states', state: 'retired' }, model, all)).items).toHaveLength(1);
  });

  it('refuses a cursor of another order', async () => {
    await add('cursor', { name: 'one' });
    await add('cursor', { name: 'two' });
    const { next } = await listItems(database, { limit: 1 }, model, all);
    expect(next).toBeDefined();
    await expect(listItems(database, { limit: 1, sort: '-name', after: next ?? '' }, model, all)).rejects.toMatchObject({ kind: 'invalid_input' });
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
