import fc from 'fast-check';
import { compileModel } from './compile-model.ts';
import { label, smallModel } from './fixtures/small-model.ts';
import { migrateItem } from './migrate-item.ts';
import { checkMigrations, type Migration } from './migration.ts';
import type { ModelDefinition } from './model.ts';

const next: ModelDefinition = {
  ...smallModel,
  classes: smallModel.classes.map((own) =>
    own.name === 'server'
      ? { ...own, attributes: { ram: { type: 'integer', label, maximum: 64 }, memoryGb: { type: 'integer', label, maximum: 64 } } }
      : own,
  ),
};
const step = { before: compileModel(smallModel), after: compileModel(next) };
const migrate = (attributes: Record<string, unknown>, ...migrations: Migration[]) => migrateItem({ class: 'server', attributes }, migrations, step);
const rename: Migration = { kind: 'renameAttribute', class: 'server', attribute: 'memoryGb', to: 'ram' };

describe('a migration', () => {
  it.each([
    ['gives a value another name', { memoryGb: 8, note: 'a' }, rename, { note: 'a', ram: 8 }],
    ['leaves what is under the other name already', { memoryGb: 8, ram: 16 }, rename, { ram: 16 }],
    ['gives a value up', { memoryGb: 8, note: 'a' }, { kind: 'dropAttribute', class: 'thing', attribute: 'note' }, { memoryGb: 8 }],
    ['fills in what is not there', { note: ' ' }, { kind: 'setDefault', class: 'machine', attribute: 'note', value: 'none' }, { note: 'none' }],
    [
      'makes one value another',
      { environment: 'test' },
      { kind: 'mapValue', class: 'machine', attribute: 'environment', from: 'test', value: 'production' },
      { environment: 'production' },
    ],
    [
      'makes one value another in a list, once',
      { note: ['a', 'b', 'c'] },
      { kind: 'mapValue', class: 'thing', attribute: 'note', from: 'a', value: 'c' },
      { note: ['c', 'b'] },
    ],
    ['gives up what does not fit any more', { memoryGb: 128 }, { kind: 'dropInvalid', class: 'server', attribute: 'memoryGb' }, {}],
  ] as [string, Record<string, unknown>, Migration, Record<string, unknown>][])('%s', (_, attributes, migration, expected) => {
    const once = migrate(attributes, migration);
    expect(once).toEqual({ class: 'server', attributes: expected });
    expect(migrateItem(once, [migration], step)).toEqual(once);
  });

  it.each([
    ['values that are there', { note: 'a' }, { kind: 'setDefault', class: 'thing', attribute: 'note', value: 'none' }],
    ['values that fit', { memoryGb: 64 }, { kind: 'dropInvalid', class: 'server', attribute: 'memoryGb' }],
    ['items of other classes', { note: 'a' }, { kind: 'dropAttribute', class: 'place', attribute: 'note' }],
    ['items of subclasses where they are moved', {}, { kind: 'moveItems', class: 'machine', to: 'place' }],
  ] as [string, Record<string, unknown>, Migration][])('leaves %s as they are', (_, attributes, migration) => {
    const item = { class: 'server', attributes };
    expect(migrateItem(item, [migration], step)).toBe(item);
  });

  it('is carried out by the class that the item had, in the order in which they are written', () => {
    const moved = migrate({ memoryGb: 8 }, { kind: 'moveItems', class: 'server', to: 'machine' }, rename);
    expect(moved).toEqual({ class: 'machine', attributes: { ram: 8 } });
  });

  it('changes nothing the second time, whatever it met', () => {
    const migrations: Migration[] = [
      rename,
      { kind: 'setDefault', class: 'thing', attribute: 'note', value: 'x' },
      { kind: 'dropInvalid', class: 'server', attribute: 'ram' },
    ];
    const values = fc.oneof(fc.integer(), fc.string(), fc.constant(null));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('memoryGb', 'ram', 'note', 'colour'), values), (attributes) => {
        const once = migrate(attributes, ...migrations);
        expect(migrateItem(once, migrations, step)).toEqual(once);
      }),
    );
  });

  it('is refused where it leads nowhere, with its place', () => {
    const found = checkMigrations(
      [
        { kind: 'dropAttribute', class: 'spaceship', attribute: 'x' },
        { kind: 'dropAttribute', class: 'server', attribute: 'x' },
        { kind: 'renameAttribute', class: 'server', attribute: 'memoryGb', to: 'x' },
        { kind: 'setDefault', class: 'server', attribute: 'ram', value: 'much' },
        { kind: 'moveItems', class: 'server', to: 'thing' },
        rename,
      ],
      step,
    );
    expect(found.map(({ pointer }) => pointer)).toEqual([
      '/migrations/0/class',
      '/migrations/1/attribute',
      '/migrations/2/to',
      '/migrations/3/value',
      '/migrations/4/to',
    ]);
  });
});
