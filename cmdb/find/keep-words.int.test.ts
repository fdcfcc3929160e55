import pino from 'pino';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { newItem } from '../domain/item.ts';
import { type CompiledModel, compileModel } from '../domain/model/compile-model.ts';
import type { ModelDefinition } from '../domain/model/model.ts';
import { readPacks } from '../model/read-packs.ts';
import { fullSight } from '../rights/rights.ts';
import { cmdb } from '../service.ts';
import { writeItems } from '../storage/item-store.ts';
import { keepWords } from './keep-words.ts';
import { listItems } from './list-items.ts';
import { readPass } from './search-pass.ts';

const all = { sight: fullSight, masked: new Set<string>() };
let database: TestDatabase;
let packs: ModelDefinition;

beforeAll(async () => {
  database = await openTestDatabase(cmdb);
  packs = await readPacks();
});
afterAll(() => database.close());

/** The packs with or without the depth of wells among what is searched. */
function modelWhere(isSearched: boolean): CompiledModel {
  const classes = packs.classes.map((one) =>
    one.name === 'pump'
      ? { ...one, attributes: { ...one.attributes, note: { type: 'text' as const, label: { ru: 'Заметка', en: 'Note' }, searchable: isSearched } } }
      : one,
  );
  return compileModel({ ...packs, classes });
}

it('the words of all items follow the model, also those of items that had none', async () => {
  let model = modelWhere(false);
  const after = newItem({ id: newUuid(), source: 's', key: 'p-1' }, { class: 'pump', name: 'Насос', attributes: { note: 'антресоль' } }, 1);
  await database.commit({ statements: writeItems([{ after }], { actorId: 'i', actorName: 'И' }, model) });
  await database.query(sql`update item set words = ''`);
  const find = async (q: string) => (await listItems(database, { q }, model, all)).items.length;
  expect(await find('p-1')).toBe(0);

  const keeper = keepWords({
    database,
    models: { newest: async () => ({ ...model, version: 1 }) },
    clock: systemClock,
    log: pino({ level: 'silent' }),
    idleFor: 20,
  });
  const isReady = async () => {
    const pass = await readPass(database);
    return pass !== undefined && pass.writing === undefined;
  };
  try {
    await eventually(isReady, (isSo) => isSo);
    expect([await find('p-1'), await find('антресоль')]).toEqual([1, 0]);
    model = modelWhere(true);
    await eventually(
      async () => (await find('антресоль')) === 1,
      (isSo) => isSo,
    );
    model = modelWhere(false);
    await eventually(
      async () => (await find('антресоль')) === 0,
      (isSo) => isSo,
    );
    await eventually(isReady, (isSo) => isSo);
    expect(await find('p-1')).toBe(1);
  } finally {
    await keeper.stop();
  }
});
