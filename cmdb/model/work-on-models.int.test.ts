import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { type ItemState, newItem, reviseItem } from '../domain/item.ts';
import { compileModel } from '../domain/model/compile-model.ts';
import { aClass, label, smallModel } from '../domain/model/fixtures/small-model.ts';
import type { Migration } from '../domain/model/migration.ts';
import type { ModelDefinition } from '../domain/model/model.ts';
import { cmdb } from '../service.ts';
import { decideItems } from '../sources/decide-items.ts';
import type { ItemInput } from '../sources/source-page.ts';
import { readItems, writeItems } from '../storage/item-store.ts';
import { beginTest, insertDraft, moveTest, readTest, type TestProgress, type TestState } from './draft-store.ts';
import { beginPass, migratePage, type Pass } from './migrate-inventory.ts';
import { insertModelVersion, readModelVersion } from './model-store.ts';
import { openModels } from './models.ts';
import { seedModel } from './seed-model.ts';
import { countScope, scopeOf, testFurther, testNotBegun } from './test-inventory.ts';
import { workOnModels } from './work-on-models.ts';

const author = { actorId: 'olga', actorName: 'Ольга' };
const log = createLogger({ level: 'error' });
const count = 1_300;
const next: ModelDefinition = {
  ...smallModel,
  classes: smallModel.classes.map((own) => (own.name === 'server' ? { ...own, attributes: { ram: { type: 'integer', label } } } : own)),
};
const migrations: Migration[] = [
  { kind: 'renameAttribute', class: 'server', attribute: 'memoryGb', to: 'ram' },
  { kind: 'setDefault', class: 'thing', attribute: 'note', value: 'none' },
];

let database: TestDatabase;
let ids: string[];

beforeEach(async () => {
  database = await openTestDatabase(cmdb);
  await seedModel({ database, newId: newUuid, now: 1_000, log, shipped: smallModel });
  ids = Array.from({ length: count }, () => newUuid());
  const items = ids.map((id, index) => ({
    after: newItem(
      { id, source: 'test', key: id },
      { class: index % 3 === 0 ? 'place' : 'server', name: id, attributes: { memoryGb: index % 7 } },
      1_000,
    ),
  }));
  await database.commit({ statements: writeItems(items, author, { classes: new Map(), sensitive: new Set() }) });
});
afterEach(() => database.close());

const start = () => workOnModels({ database, models: openModels(database), clock: systemClock, log });
const publish = (at = Date.now()) =>
  database.commit({
    statements: [insertModelVersion({ ...author, version: 2, definition: next, migrations, publishedAt: at, migratedItems: 0 })],
  });
const isMigrated = () =>
  eventually(
    () => readModelVersion(database, 2),
    (version) => version?.migratedAt !== undefined,
  );

/** A person who wins against whoever else writes. */
async function rename(id: string, name: string): Promise<void> {
  for (;;) {
    const [before] = await readItems(database, sql`id = ${id}`);
    const after: ItemState | undefined = before && reviseItem(before, { name }, Date.now());
    if (!before || !after) return;
    try {
      return await database.commit({ statements: writeItems([{ before, after }], author, { classes: new Map(), sensitive: new Set() }) });
    } catch {
      // The migration was first.
    }
  }
}

describe('the migrations of a version', () => {
  it('reach every item once, whoever carries them out, ends meanwhile or changes the same items', async () => {
    const first = [start(), start()];
    await publish();
    for (const worker of first) worker.wake();
    await Promise.all(ids.slice(0, 40).map((id, index) => rename(id, `renamed ${index}`)));
    await first[0]?.stop();
    await first[1]?.stop();
    const last = start();
    await isMigrated();
    await last.stop();

    const items = new Map((await readItems(database, sql`true`)).map((item) => [item.id, item]));
    for (const [index, id] of ids.entries()) {
      const memory = index % 3 === 0 ? { memoryGb: index % 7 } : { ram: index % 7 };
      const isRenamed = index < 40;
      expect(items.get(id)).toMatchObject({
        attributes: { ...memory, note: 'none' },
        version: isRenamed ? 3 : 2,
        name: isRenamed ? `renamed ${index}` : id,
      });
    }
    const [rows] = await database.query<{ ended: number; events: number }>(
      sql`select count(*)::int as ended, (select count(*) from outbox)::int as events from item_version`,
    );
    expect(rows).toEqual({ ended: count + 40, events: count });
    expect((await readModelVersion(database, 2))?.migratedItems).toBe(count);
  });

  it('change what sources have said too, so that their next word brings nothing back', async () => {
    const models = openModels(database);
    const say = async (item: Omit<ItemInput, 'lookups' | 'key' | 'class'>, now: number) => {
      const context = { database, model: await models.newest(), source: 'agent', author, now, newId: newUuid };
      const { statements, events } = await decideItems(context, [{ key: 's', class: 'server', lookups: [], ...item }]);
      await database.commit({ statements, events });
    };
    await say({ name: 'before', attributes: JSON.stringify({ memoryGb: 4 }) }, 2_000);
    await publish();
    const worker = start();
    await isMigrated();
    await worker.stop();
    await say({ name: 'after' }, 3_000);
    const [item] = await readItems(database, sql`source = 'agent'`);
    expect(item).toMatchObject({ name: 'after', attributes: { ram: 4, note: 'none' }, provenance: { ram: { source: 'agent' } } });
    expect(Object.keys(item?.provenance ?? {})).not.toContain('memoryGb');
  });

  it('are not at their end before a pass that found nothing began when every process knew the version', async () => {
    await publish(10_000);
    const models = openModels(database);
    const step = { before: await models.find(1), after: await models.find(2) };
    const passAt = async (now: number) => {
      const version = await readModelVersion(database, 2);
      if (!version) throw new Error('There is no version 2.');
      let pass: Pass | undefined = beginPass(2, now);
      do pass = await migratePage(database, version, step, pass, now);
      while (pass && pass.place !== beginPass(2, now).place);
      return pass;
    };
    expect(await passAt(10_500)).toMatchObject({ changed: 0 });
    expect(await passAt(11_999)).toMatchObject({ changed: 0 });
    const id = newUuid();
    const late = newItem({ id, source: 'late', key: id }, { class: 'server', name: 'late', attributes: { memoryGb: 1 } }, 11_999);
    await database.commit({ statements: writeItems([{ after: late }], author, { classes: new Map(), sensitive: new Set() }) });
    expect(await passAt(12_000)).toMatchObject({ changed: 0 });
    expect((await readItems(database, sql`id = ${id}`))[0]?.attributes).toEqual({ ram: 1, note: 'none' });
    expect((await readModelVersion(database, 2))?.migratedAt).toBeUndefined();
    expect(await passAt(12_001)).toBeUndefined();
    expect((await readModelVersion(database, 2))?.migratedAt).toBe(12_001);
  });
});

describe('the test of a draft', () => {
  const scope = scopeOf({ before: compileModel(smallModel), after: compileModel(next), migrations: [] });

  it('finds the same in one go and in pieces, whoever goes on with it', async () => {
    const whole = await testFurther(database, scope, testNotBegun, () => false);
    expect(whole).toMatchObject({ phase: 'done', checked: await countScope(database, scope) });
    expect(whole.findings.counts).toEqual([
      { class: 'server', reason: 'attribute', attribute: 'memoryGb', count: ids.filter((_, index) => index % 3 !== 0).length },
    ]);
    let pieces: TestProgress = testNotBegun;
    while (pieces.phase !== 'done') pieces = JSON.parse(JSON.stringify(await testFurther(database, scope, pieces, () => true))) as TestProgress;
    expect(pieces).toEqual(whole);
  });

  it('goes on after the process that began it is gone, and two who do it at once find it once', async () => {
    const id = newUuid();
    const made = { id, base: 1, version: 1, createdAt: 1_000, updatedAt: 1_000, updatedBy: 'Ольга' };
    await database.commit({ statements: [insertDraft({ ...made, definition: next, migrations: [] })] });
    const half = await testFurther(database, scope, testNotBegun, () => true);
    expect(half.phase).toBe('relations');
    await database.commit({
      statements: [beginTest({ draftId: id, draftVersion: 1, base: 1, ...half, total: 1, startedAt: 2_000 })],
    });
    const workers = [start(), start()];
    const test = await eventually(
      () => readTest(database, id),
      (found) => found?.phase === 'done',
    );
    for (const worker of workers) await worker.stop();
    expect(test).toMatchObject({ checked: half.checked, findings: { invalid: half.findings.invalid } });
    if (!test) return;
    const again: TestState = { ...test, ...testNotBegun, startedAt: 3_000 };
    await database.commit({ statements: [beginTest(again)] });
    await expect(database.commit({ statements: [moveTest({ ...again, startedAt: 2_000 }, half, 4_000)] })).rejects.toMatchObject({
      kind: 'conflict',
    });
    expect(await readTest(database, id)).toMatchObject({ phase: 'items', checked: 0 });
  });

  it('is not fooled by a class that is only renamed for people', () => {
    const after = compileModel({
      ...smallModel,
      classes: smallModel.classes.map((own) => aClass(own.name, { ...own, label: { ru: 'иначе', en: 'else' } })),
    });
    expect(scopeOf({ before: compileModel(smallModel), after, migrations: [] })).toMatchObject({ classes: [], types: [], crowds: [] });
  });
});
