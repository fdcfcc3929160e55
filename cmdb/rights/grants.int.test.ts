import fc from 'fast-check';
import { newUuid } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import type { Grant, Principal } from '../../platform/rpc/call.ts';
import { newItem } from '../domain/item.ts';
import { type CompiledModel, compileModel } from '../domain/model/compile-model.ts';
import { readPacks } from '../model/read-packs.ts';
import { cmdb } from '../service.ts';
import { writeItems } from '../storage/item-store.ts';
import { columnsOfItem, columnsOfVersion, holdingOf, isHeld, whereHeld } from './grants.ts';

const classes = ['server', 'virtual_machine', 'pump', 'building', 'spaceship'];
const values = ['A', 'B', 'a', 'O’Neil', "'; drop table item; --", '%', '', '5', 'true'];
const odd: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<unknown>(...values) },
  fc.constantFrom<unknown>(5, true, null, ['A'], { A: 1 }),
);
const someItem = fc.record({
  class: fc.constantFrom(...classes),
  attributes: fc.record({ organisation: odd, site: odd }, { requiredKeys: [] }),
});
const named = (names: readonly string[]) => fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 });
const someWhere = fc.record(
  {
    class: named([...classes, 'hardware', 'configuration_item', 'computer']),
    organisation: named(values),
    site: named(values),
    colour: named(['red']),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Grant['where']>;
const someGrants = fc.array(fc.record({ permission: fc.constantFrom('cmdb.read', 'cmdb.write'), where: someWhere }), { maxLength: 3 });

let database: TestDatabase;
let model: CompiledModel;
beforeAll(async () => {
  database = await openTestDatabase(cmdb);
  model = compileModel(await readPacks());
});
afterAll(() => database.close());

const who = (grants: readonly Grant[], permissions: string[] = []): Principal => ({ kind: 'account', id: 'a', name: 'a', permissions, grants });

describe('the items that grants allow', () => {
  it('are the same for the query, for a version in the query, and for an item at hand, whatever it has in it', async () => {
    const items = fc
      .sample(someItem, { numRuns: 300, seed: 7 })
      .map(({ class: itemClass, attributes }, index) =>
        newItem(
          { id: newUuid(), source: 'random', key: `${index}` },
          { class: itemClass, name: `${index}`, attributes: attributes as object as Record<string, unknown> },
          1,
        ),
      );
    await database.commit({
      statements: writeItems(
        items.map((after) => ({ after })),
        { actorId: 'a', actorName: 'a' },
        model,
      ),
    });
    const seen = { some: 0, none: 0 };
    for (const grants of fc.sample(someGrants, { numRuns: 200, seed: 11 })) {
      const holding = holdingOf(who(grants), 'cmdb.read', model);
      const expected = items
        .filter((item) => isHeld(holding, item))
        .map(({ id }) => id)
        .sort();
      const found = await database.query<{ id: string }>(sql`select id from item where ${whereHeld(holding, columnsOfItem())} order by id`);
      const asVersions = await database.query<{ id: string }>(
        sql`select id from (select id, class, attributes from item) item_version where ${whereHeld(holding, columnsOfVersion)} order by id`,
      );
      expect([found.map(({ id }) => id), asVersions.map(({ id }) => id)]).toEqual([expected, expected]);
      seen[expected.length > 0 ? 'some' : 'none'] += 1;
    }
    expect(Math.min(seen.some, seen.none)).toBeGreaterThan(20);
  });

  it.each<[string, Grant['where'], boolean]>([
    ['of its class', { class: ['server'] }, true],
    ['of a class above its own', { class: ['hardware'] }, true],
    ['of a class beside it', { class: ['pump'] }, false],
    ['of its organisation and another site', { organisation: ['A'], site: ['S'] }, false],
    ['of all that is named', { class: ['pump', 'server'], organisation: ['A'], site: ['N'] }, true],
    ['under a condition that nobody here knows', { site: ['N'], colour: ['red'] }, false],
    ['under no condition', {}, false],
    ['under a condition without values', { site: [] }, false],
  ])('are those %s', (_, where, isSo) => {
    const server = { class: 'server', attributes: { organisation: 'A', site: 'N' } };
    expect(isHeld(holdingOf(who([{ permission: 'cmdb.read', where }]), 'cmdb.read', model), server)).toBe(isSo);
  });

  it('are all with the whole permission, and none with a grant of another one', () => {
    const server = { class: 'server', attributes: {} };
    const grant = { permission: 'cmdb.read', where: { class: ['server'] } };
    expect(isHeld(holdingOf(who([], ['cmdb.read']), 'cmdb.read', model), server)).toBe(true);
    expect(isHeld(holdingOf(who([grant]), 'cmdb.write', model), server)).toBe(false);
  });
});
