import type { Migration } from '../../generated/opora/cmdb/v1/model.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { aClass, type CmdbUnderTest, engineers, integer, label, mine, openCmdb, peopleOf, text } from '../../tests/cmdb/cmdb-under-test.ts';

let subject: CmdbUnderTest;
let cmdb: CmdbUnderTest['cmdb'];
let models: CmdbUnderTest['models'];
let people: ReturnType<typeof peopleOf>;

beforeAll(async () => {
  subject = await openCmdb();
  ({ cmdb, models } = subject);
  people = peopleOf(subject);
});
afterAll(() => subject.stop());

describe('the model', () => {
  it('is there at the first start, in both languages, parents before children', async () => {
    const { items } = await models.listClasses({}, engineers());
    expect(items).toContainEqual(
      expect.objectContaining({
        name: 'pumping_station',
        label: { ru: 'Насосная станция', en: 'Pumping station' },
        parent: 'facility',
        attributes: [],
      }),
    );
    const seen = new Set<string>();
    for (const { name, parent } of items) {
      expect(parent === undefined || seen.has(parent)).toBe(true);
      seen.add(name);
    }
    const full = await models.listClasses({ view: 'full' }, engineers());
    expect(full.items.every(({ states }) => states.length > 0)).toBe(true);
    const types = (await models.listRelationTypes({}, engineers())).items;
    expect(types).toContainEqual(expect.objectContaining({ name: 'runs_on', label: { ru: 'работает на', en: 'runs on' }, failure: 'backward' }));
  });

  it('tells of a class what is its own and what it inherits', async () => {
    const { attributes, identifiers, states, ancestors } = await models.getClass({ name: 'server' }, engineers());
    const origin = Object.fromEntries(attributes.map(({ name, declaredBy, inherited }) => [name, [declaredBy, inherited]]));
    expect(origin).toMatchObject({
      hypervisor: ['server', false],
      cores: ['computer', true],
      serialNumber: ['hardware', true],
      tags: ['configuration_item', true],
    });
    expect(attributes.find(({ name }) => name === 'memoryGb')?.definition).toMatchObject({
      type: 'decimal',
      unit: 'GB',
      label: { ru: 'Оперативная память' },
    });
    expect(identifiers.map(({ definition }) => definition.scheme)).toEqual(['serial', 'bios_uuid', 'inventory_number']);
    expect(states.map(({ name }) => name)).toContain('in_repair');
    expect(ancestors).toEqual(['computer', 'hardware', 'configuration_item']);
    await expect(models.getClass({ name: 'spaceship' }, mine())).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('may be changed by those who manage it only', async () => {
    await expect(models.putClass(aClass('hut'), engineers())).rejects.toMatchObject({ kind: 'not_allowed' });
    await expect(models.createDraft({ migrations: [] }, engineers())).rejects.toMatchObject({ kind: 'not_allowed' });
  });
});

describe('an item', () => {
  it('is judged by its class: values get their one form, mistakes are told by their place', async () => {
    const item = await people.create('server', { memoryGb: '64', macAddresses: ['00-1B-63-84-45-E6'], colour: 'black' });
    expect(await people.attributesOf(item.id)).toEqual({
      memoryGb: 64,
      macAddresses: ['00:1b:63:84:45:e6'],
      colour: 'black',
      lifecycleState: 'in_use',
    });
    await expect(people.create('server', { memoryGb: 'much', purchasedOn: '01.02.2026', macAddresses: ['x'] })).rejects.toMatchObject({
      kind: 'invalid_input',
      violations: [{ pointer: '/attributes/memoryGb' }, { pointer: '/attributes/purchasedOn' }, { pointer: '/attributes/macAddresses/0' }],
    });
    const patch = { id: item.id, expectedVersion: 1, addLookups: [], removeLookups: [] };
    await expect(cmdb.updateItem({ ...patch, attributes: '{"cores": 0}' }, mine())).rejects.toMatchObject({
      violations: [{ pointer: '/attributes/cores' }],
    });
    await cmdb.updateItem({ ...patch, attributes: '{"memoryGb": "128", "colour": null}' }, mine());
    expect(await people.attributesOf(item.id)).toEqual({ memoryGb: 128, macAddresses: ['00:1b:63:84:45:e6'], lifecycleState: 'in_use' });
    const record = { key: 'a', class: 'server', name: 'a', lookups: [] };
    const bad = cmdb.upsertItems({ source: 'judge', items: [record, { ...record, key: 'b', attributes: '{"cores": 1.5}' }] }, mine());
    await expect(bad).rejects.toMatchObject({ violations: [{ pointer: '/items/1/attributes/cores' }] });
  });

  it('is of no abstract class', async () => {
    await expect(people.create('computer')).rejects.toMatchObject({
      violations: [{ pointer: '/class', message: expect.stringContaining('server') }],
    });
  });

  it('gets what its class gives to new ones, also of a source that says nothing of attributes', async () => {
    expect(await people.attributesOf((await people.create('support_contract', { number: '7' })).id)).toEqual({
      number: '7',
      currency: 'RUB',
      lifecycleState: 'in_use',
    });
    const upsert = () => cmdb.upsertItems({ source: 'erp', items: [{ key: 'c1', class: 'lease_contract', name: 'c1', lookups: [] }] }, mine());
    const [outcome] = (await upsert()).outcomes;
    expect(await people.attributesOf(outcome?.id ?? '')).toEqual({ currency: 'RUB', lifecycleState: 'in_use' });
    expect((await upsert()).outcomes).toMatchObject([{ outcome: 'unchanged' }]);
  });

  it('is related only as the model lets it', async () => {
    const [printer, room] = [await people.create('printer'), await people.create('room')];
    const relate = (type: string, fromId: string, toId: string) => cmdb.createRelation({ type, fromId, toId }, mine());
    await expect(relate('runs_on', printer.id, room.id)).rejects.toMatchObject({
      violations: [{ pointer: '/type', message: expect.stringContaining('printer → room') }],
    });
    expect(await relate('located_in', printer.id, room.id)).toMatchObject({ state: 'active' });
  });
});

describe('a class of one’s own', () => {
  it('is one call, and every process takes its items at once', async () => {
    await subject.otherProcess.createItem({ class: 'site', name: 'what holds is known there', lookups: [] }, mine());
    const version = await people.currentVersion();
    const put = await models.putClass(
      aClass('water_tower', {
        attributes: { heightM: { ...integer, minimum: 1, unit: 'm', searchable: true } },
        identifiers: [{ scheme: 'height', attributes: ['heightM'], label }],
      }),
      mine(),
    );
    expect(put).toMatchObject({ name: 'water_tower', ancestors: ['place', 'configuration_item'], modelVersion: version + 1 });
    const request = { class: 'water_tower', name: 'Башня 1', attributes: '{"heightM": 30}', lookups: [] };
    expect(await subject.otherProcess.createItem(request, engineers())).toMatchObject({ class: 'water_tower' });
    await expect(subject.otherProcess.createItem({ ...request, attributes: '{"heightM": 0}' }, mine())).rejects.toMatchObject({
      violations: [{ pointer: '/attributes/heightM' }],
    });
  });

  it('is refused with all that is wrong with it, by the place in what was sent', async () => {
    const version = await people.currentVersion();
    const wrong = aClass('hut', { parent: 'castle', attributes: { name: text, size: { ...integer, pattern: 'x' } }, controlled: ['colour'] });
    await expect(models.putClass(wrong, mine())).rejects.toMatchObject({
      kind: 'invalid_input',
      violations: ['/parent', '/attributes/name', '/attributes/size/pattern', '/controlled/0'].map((pointer) => ({ pointer })),
    });
    expect(await people.currentVersion()).toBe(version);
  });

  it('makes no version when it is as it was', async () => {
    await models.putClass(aClass('gate'), mine());
    const version = await people.currentVersion();
    expect(await models.putClass(aClass('gate'), mine())).toMatchObject({ modelVersion: version });
    expect(await people.currentVersion()).toBe(version);
  });

  it('is a conflict for who has read an older version of the model', async () => {
    const { modelVersion } = await models.getClass({ name: 'site' }, mine());
    await models.putClass(aClass('fence'), mine());
    await expect(models.putClass(aClass('hedge', { modelVersion }), mine())).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('is written by many at once without one being lost', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `shed_${index}`);
    await Promise.all(names.map((name) => models.putClass(aClass(name), mine())));
    const known = new Set((await models.listClasses({}, mine())).items.map(({ name }) => name));
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  it('gives nothing up that items have, but with the migration that is asked for', async () => {
    await models.putClass(aClass('silo', { attributes: { volume: integer, old: text } }), mine());
    const item = await people.create('silo', { volume: 5, old: 'x' });
    const less = aClass('silo', { attributes: { volumeM3: integer } });
    await expect(models.putClass({ ...less, acceptInvalid: true }, mine())).rejects.toMatchObject({
      kind: 'invalid_input',
      violations: [
        { pointer: '/classes/silo/attributes/volume', message: expect.stringContaining('"kind":"dropAttribute"') },
        { pointer: '/classes/silo/attributes/old' },
      ],
    });
    const migrations: Migration[] = [
      { kind: 'renameAttribute', class: 'silo', attribute: 'volume', to: 'volumeM3' },
      { kind: 'dropAttribute', class: 'silo', attribute: 'old' },
    ];
    const { modelVersion } = await models.putClass({ ...less, migrations }, mine());
    expect(await people.migratedVersion(modelVersion)).toMatchObject({ migratedItems: 1 });
    expect(await people.attributesOf(item.id)).toEqual({ volumeM3: 5, lifecycleState: 'in_use' });
    const [newest] = (await cmdb.getItemHistory({ id: item.id }, mine())).items;
    expect(newest).toMatchObject({ version: 2, actorName: 'Ольга' });
    const events = await subject.database.query(sql`select 1 from bus_log where key = ${item.id} and type = 'opora.cmdb.v1.ItemUpdated'
      union all select 1 from outbox where key = ${item.id} and type = 'opora.cmdb.v1.ItemUpdated'`);
    expect(events).toHaveLength(1);
  });

  it('names the migrations that say too little or lead nowhere', async () => {
    const migrations: Migration[] = [
      { kind: 'renameAttribute', class: 'site', attribute: 'city' },
      { kind: 'mapValue', class: 'site', attribute: 'city', from: 'a', value: '1' },
    ];
    await expect(models.putClass(aClass('barn', { migrations }), mine())).rejects.toMatchObject({
      violations: [{ pointer: '/migrations/0/to' }, { pointer: '/migrations/1/value' }],
    });
    const nowhere: Migration[] = [{ kind: 'dropAttribute', class: 'site', attribute: 'wings' }];
    await expect(models.putClass(aClass('barn', { migrations: nowhere }), mine())).rejects.toMatchObject({
      violations: [{ pointer: '/migrations/0/attribute' }],
    });
  });
});

describe('the types of relations', () => {
  const crossing = { name: 'crosses', label, inverse: label, failure: 'none' as const, ends: [{ from: 'place', to: 'place' }], controlled: false };
  const relate = (type: string, from: { id: string }, to: { id: string }, by = cmdb) =>
    by.createRelation({ type, fromId: from.id, toId: to.id }, mine());

  it('may be made in one call, and failure goes the way that they say', async () => {
    await models.putRelationType(crossing, mine());
    const [one, other] = [await people.create('site', {}, 'one'), await people.create('site', {}, 'other')];
    await relate('crosses', one, other);
    const hit = async (id: string) => (await cmdb.getImpact({ id, down: [] }, mine())).items.map(({ name }) => name);
    expect([await hit(one.id), await hit(other.id)]).toEqual([[], []]);
    const put = await models.putRelationType({ ...crossing, failure: 'forward', weight: 0.5 }, mine());
    expect(put).toMatchObject({ failure: 'forward', weight: 0.5, cardinality: 'many_to_many' });
    expect([await hit(one.id), await hit(other.id)]).toEqual([['other'], []]);
  });

  it('let an item have one of them where they say so, whoever asks at the same moment', async () => {
    await models.putRelationType({ ...crossing, name: 'crowned_by', cardinality: 'many_to_one' }, mine());
    const [hill, ...crowns] = await Promise.all(['hill', 'c1', 'c2', 'c3', 'c4'].map((name) => people.create('site', {}, name)));
    if (!hill) throw new Error('There is no hill.');
    const outcomes = await Promise.allSettled(crowns.map((crown) => relate('crowned_by', hill, crown)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ kind: 'invalid_input', violations: [{ pointer: '/fromId' }] });
    const records = ['x', 'y', 'z'].map((key) => ({ key, class: 'site', name: key, lookups: [] }));
    await cmdb.upsertItems({ source: 'hills', items: records }, mine());
    const wanted = ['y', 'z'].map((toKey) => ({ type: 'crowned_by', fromKey: 'x', toKey }));
    await expect(cmdb.upsertRelations({ source: 'hills', relations: wanted }, mine())).rejects.toMatchObject({
      violations: [{ pointer: '/relations/1/fromKey' }],
    });
    await cmdb.upsertRelations({ source: 'hills', relations: wanted.slice(0, 1) }, mine());
    expect((await cmdb.upsertRelations({ source: 'hills', relations: wanted.slice(0, 1) }, mine())).outcomes).toMatchObject([
      { outcome: 'unchanged' },
    ]);
  });

  it('are not taken away or narrowed while relations are there that would not fit', async () => {
    await models.putRelationType({ ...crossing, name: 'guards' }, mine());
    const [dog, sheep, wolf] = await Promise.all([
      people.create('site', {}, 'dog'),
      people.create('building', {}, 'sheep'),
      people.create('site', {}, 'wolf'),
    ]);
    const relation = await relate('guards', dog, sheep);
    await relate('guards', dog, wolf);
    const fewer = { ...crossing, name: 'guards', ends: [{ from: 'site', to: 'site' }] };
    await expect(models.putRelationType(fewer, mine())).rejects.toMatchObject({
      kind: 'invalid_input',
      violations: [{ pointer: '/relationTypes/guards/ends' }],
    });
    const one = { ...crossing, name: 'guards', cardinality: 'many_to_one' as const };
    await expect(models.putRelationType(one, mine())).rejects.toMatchObject({ violations: [{ pointer: '/relationTypes/guards/cardinality' }] });
    await cmdb.deleteRelation({ id: relation.id }, mine());
    await models.putRelationType(fewer, mine());
    await models.putRelationType({ ...fewer, cardinality: 'many_to_one' }, mine());
    expect(await models.getRelationType({ name: 'guards' }, mine())).toMatchObject({
      cardinality: 'many_to_one',
      ends: [{ from: 'site', to: 'site' }],
    });
  });
});

describe('the versions', () => {
  it('are all there, newest first, page by page', async () => {
    const versions: number[] = [];
    let after: string | undefined;
    do {
      const { items, next } = await models.listModelVersions({ limit: 3, ...(after !== undefined && { after }) }, engineers());
      versions.push(...items.map(({ version }) => version));
      after = next;
    } while (after !== undefined);
    const newest = await people.currentVersion();
    expect(versions).toEqual(Array.from({ length: newest }, (_, index) => newest - index));
    await expect(models.getModelVersion({ version: '999999' }, mine())).rejects.toMatchObject({ kind: 'not_found' });
  });
});
