import { newUuid } from '../../platform/clock/clock.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { aClass, smallModel } from '../domain/model/fixtures/small-model.ts';
import type { ModelDefinition } from '../domain/model/model.ts';
import { cmdb } from '../service.ts';
import { readDrafts } from './draft-store.ts';
import { insertModelVersion, readModelVersion, readNewestVersion } from './model-store.ts';
import { readPacks } from './read-packs.ts';
import { seedModel } from './seed-model.ts';

describe('the model at the start of the program', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await openTestDatabase(cmdb);
  });
  afterEach(() => database.close());

  const seed = (shipped?: ModelDefinition, now = 1_000) =>
    seedModel({ database, newId: newUuid, now, log: createLogger({ level: 'silent' }), ...(shipped && { shipped }) });
  const drafts = () => readDrafts(database, sql`true order by created_at`);

  it('is version 1 the first time, also when several processes start at once, and stays so', async () => {
    await Promise.all([seed(), seed(), seed()]);
    await seed(undefined, 2_000);
    expect(await readNewestVersion(database)).toBe(1);
    const first = await readModelVersion(database, 1);
    expect(first).toMatchObject({ definition: await readPacks(), actorName: 'Opora', publishedAt: 1_000, migratedAt: 1_000 });
    expect(await drafts()).toEqual([]);
  });

  it('is a draft when a newer one comes with the program: once, without what people changed being lost, and never published by itself', async () => {
    await seed(smallModel);
    const own = { ...smallModel, classes: [...smallModel.classes, aClass('tower', { parent: 'place' })] };
    const by = { actorId: 'olga', actorName: 'Ольга', publishedAt: 2_000, migratedAt: 2_000, migratedItems: 0, migrations: [] };
    await database.commit({ statements: [insertModelVersion({ ...by, version: 2, definition: own })] });
    const newer = { ...smallModel, classes: [...smallModel.classes, aClass('scanner', { parent: 'machine' })] };
    await Promise.all([seed(newer, 3_000), seed(newer, 3_000)]);
    await seed(newer, 4_000);
    const proposed = await drafts();
    expect(proposed.map(({ base, updatedBy, definition }) => [base, updatedBy, definition.classes.map(({ name }) => name)])).toEqual([
      [2, 'Opora', ['server', 'machine', 'thing', 'place', 'tower', 'scanner']],
    ]);
    expect(await readNewestVersion(database)).toBe(2);
    await seed(smallModel, 5_000);
    expect(await drafts()).toHaveLength(1);
  });

  it('does not propose what would not hold together with what people made', async () => {
    await seed(smallModel);
    const without = { ...smallModel, classes: smallModel.classes.filter(({ name }) => name !== 'place'), relationTypes: [] };
    const by = { actorId: 'olga', actorName: 'Ольга', publishedAt: 2_000, migratedAt: 2_000, migratedItems: 0, migrations: [] };
    await database.commit({ statements: [insertModelVersion({ ...by, version: 2, definition: without })] });
    await seed({ ...smallModel, classes: [...smallModel.classes, aClass('yard', { parent: 'place' })] }, 3_000);
    expect(await drafts()).toEqual([]);
  });
});
