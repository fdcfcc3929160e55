import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import { checkClass } from './check-item.ts';
import { checkValue } from './check-value.ts';
import type { CompiledModel } from './compile-model.ts';
import { pointTo } from './pointer.ts';

/** What becomes of existing items when a version is published. Classes are those of the version before, with their subclasses (but for `moveItems`). */
export type Migration =
  /** A value that is under the new name already stays, and the old one goes. */
  | { kind: 'renameAttribute'; class: string; attribute: string; to: string }
  /** The values are given up. */
  | { kind: 'dropAttribute'; class: string; attribute: string }
  /** For items that have no value. */
  | { kind: 'setDefault'; class: string; attribute: string; value: unknown }
  /** One value of a text or choice becomes another one. */
  | { kind: 'mapValue'; class: string; attribute: string; from: string; value: string }
  /** Values that do not fit the new definition are given up. */
  | { kind: 'dropInvalid'; class: string; attribute: string }
  /** Items of this very class become items of another one. */
  | { kind: 'moveItems'; class: string; to: string };

/** What is wrong with migrations from one model to another, each at its pointer `/migrations/2/attribute`. */
export function checkMigrations(
  migrations: readonly Migration[],
  { before, after }: { before: CompiledModel; after: CompiledModel },
): FieldViolation[] {
  return migrations.flatMap((migration, index) => {
    const at = pointTo('/migrations', index);
    const old = before.classes.get(migration.class);
    if (!old) return [{ pointer: pointTo(at, 'class'), message: `version before has no class "${migration.class}"` }];
    if (migration.kind === 'moveItems') return checkClass(after, migration.to, pointTo(at, 'to'));
    // Where the items are then: a class that is gone has its attributes judged by those who move its items.
    const now = after.classes.get(migration.class);
    const { attribute } = migration;
    if (migration.kind === 'setDefault') {
      const attributeNow = now?.attributes.get(attribute);
      if (!attributeNow) return [{ pointer: pointTo(at, 'attribute'), message: `the new "${migration.class}" has no attribute "${attribute}"` }];
      const violations: FieldViolation[] = [];
      checkValue(attributeNow, migration.value, pointTo(at, 'value'), violations);
      return violations;
    }
    if (!old.attributes.has(attribute))
      return [{ pointer: pointTo(at, 'attribute'), message: `"${migration.class}" has no attribute "${attribute}"` }];
    if (migration.kind === 'renameAttribute' && now && !now.attributes.has(migration.to))
      return [{ pointer: pointTo(at, 'to'), message: `the new "${migration.class}" has no attribute "${migration.to}"` }];
    return [];
  });
}
