import type { CheckedItem } from './check-item.ts';
import { checkItem } from './check-item.ts';
import { isEmpty } from './check-value.ts';
import type { CompiledModel } from './compile-model.ts';
import type { Migration } from './migration.ts';

/** The models between which a migration leads. */
export interface Step {
  before: CompiledModel;
  after: CompiledModel;
}

/** The item as it is to be under the new model; the same object when no migration concerns it. Doing it again changes nothing. */
export function migrateItem(item: CheckedItem, migrations: readonly Migration[], step: Step): CheckedItem {
  return migrations.reduce((now, migration) => migrate(now, migration, step, item.class), item);
}

/** What somebody said of an item, as they would have said it under the new model. What an item has by default is nobody's word. */
export function migrateWord(word: CheckedItem, migrations: readonly Migration[], step: Step): CheckedItem {
  return migrateItem(
    word,
    migrations.filter(({ kind }) => kind !== 'setDefault'),
    step,
  );
}

/** Whose word each attribute is, under the names that attributes have in the new model. */
export function migrateOwners<Owner>(owners: Readonly<Record<string, Owner>>, itemClass: string, migrations: readonly Migration[], { before }: Step) {
  return migrations.reduce((now, migration) => {
    if (migration.kind !== 'renameAttribute' || !before.isA(itemClass, migration.class)) return now;
    const { [migration.attribute]: owner, ...others } = now;
    return owner === undefined ? now : { [migration.to]: owner, ...others };
  }, owners);
}

function migrate(item: CheckedItem, migration: Migration, { before, after }: Step, ownClass: string): CheckedItem {
  if (migration.kind === 'moveItems') return item.class === migration.class ? { ...item, class: migration.to } : item;
  if (!before.isA(ownClass, migration.class)) return item;
  const { attribute } = migration;
  const value = Object.hasOwn(item.attributes, attribute) ? item.attributes[attribute] : undefined;
  switch (migration.kind) {
    case 'renameAttribute': {
      if (value === undefined) return item;
      const isTaken = Object.hasOwn(item.attributes, migration.to) && !isEmpty(item.attributes[migration.to]);
      return change(item, { [attribute]: undefined, ...(!isTaken && { [migration.to]: value }) });
    }
    case 'dropAttribute':
      return value === undefined ? item : change(item, { [attribute]: undefined });
    case 'setDefault':
      return isEmpty(value) ? change(item, { [attribute]: migration.value }) : item;
    case 'mapValue':
      return mapValue(item, attribute, value, migration);
    case 'dropInvalid': {
      const { violations } = checkItem(after, { class: item.class, attributes: { [attribute]: value } }, { partial: true });
      return value !== undefined && violations.some(({ pointer }) => pointer.startsWith('/attributes/'))
        ? change(item, { [attribute]: undefined })
        : item;
    }
  }
}

function mapValue(item: CheckedItem, attribute: string, value: unknown, { from, value: to }: { from: string; value: string }): CheckedItem {
  if (!Array.isArray(value)) return value === from ? change(item, { [attribute]: to }) : item;
  return value.includes(from) ? change(item, { [attribute]: [...new Set(value.map((entry) => (entry === from ? to : entry)))] }) : item;
}

/** What is undefined is taken away. */
function change(item: CheckedItem, changes: Readonly<Record<string, unknown>>): CheckedItem {
  const kept = Object.entries(item.attributes).filter(([name]) => !Object.hasOwn(changes, name));
  return { ...item, attributes: Object.fromEntries([...kept, ...Object.entries(changes).filter(([, value]) => value !== undefined)]) };
}
