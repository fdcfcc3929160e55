import { isAppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type ItemState, reviseItem } from '../domain/item.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { migrateItem, type Step } from '../domain/model/migrate-item.ts';
import { type ItemChange, readItems } from '../storage/item-store.ts';
import { writeCorrections } from '../write-changes.ts';
import { finishMigrating, type ModelVersionState, noteMigrated } from './model-store.ts';
import { freshFor } from './models.ts';

const pageSize = 500;
const firstId = '00000000-0000-0000-0000-000000000000';

/** A pass over the items that a version's migrations concern. It need not be kept: doing it again changes nothing. */
export interface Pass {
  version: number;
  /** Epoch milliseconds. */
  beganAt: number;
  place: string;
  changed: number;
}

export function beginPass(version: number, now: number): Pass {
  return { version, beganAt: now, place: firstId, changed: 0 };
}

/**
 * Carries a version's migrations out on one page of items, as changes by who published it. Gives the pass as it is then, or undefined when all is done: that is after a
 * pass that found nothing to change and that began when every process knew the version.
 */
export async function migratePage(database: Database, version: ModelVersionState, step: Step, pass: Pass, now: number): Promise<Pass | undefined> {
  const items = await readItems(
    database,
    sql`class = any(${classesOf(version, step)}::text[]) and id > ${pass.place}::uuid order by id limit ${pageSize}::int`,
  );
  const changes = items.flatMap((before): ItemChange[] => {
    const after = reviseItem(before, migrated(before, version, step), now);
    return after ? [{ before, after }] : [];
  });
  const last = items.length < pageSize ? undefined : items.at(-1);
  if (changes.length > 0 && !(await commit(database, version, step.after, changes))) return pass;
  const changed = pass.changed + changes.length;
  if (last) return { ...pass, place: last.id, changed };
  if (changed > 0 || pass.beganAt < version.publishedAt + 2 * freshFor) return beginPass(version.version, now);
  await database.commit({ statements: [finishMigrating(version.version, now)] });
  return undefined;
}

function migrated(item: ItemState, { migrations }: ModelVersionState, step: Step): Pick<ItemState, 'class' | 'attributes'> {
  const { class: name, attributes } = migrateItem(item, migrations, step);
  return { class: name, attributes };
}

/** False when somebody else wrote one of them first: then the page is read again. */
async function commit(
  database: Database,
  { version, actorId, actorName, traceId }: ModelVersionState,
  model: CompiledModel,
  changes: readonly ItemChange[],
): Promise<boolean> {
  const author = { actorId, actorName, ...(traceId !== undefined && { traceId }) };
  try {
    const { statements, events } = writeCorrections({ author, model }, changes);
    await database.commit({ statements: [...statements, noteMigrated(version, changes.length)], events });
    return true;
  } catch (error) {
    if (isAppError(error, 'conflict')) return false;
    throw error;
  }
}

/** Classes of the version before whose items a migration may change. */
function classesOf({ migrations }: ModelVersionState, { before }: Step): string[] {
  return [...before.classes.keys()].filter((name) =>
    migrations.some(({ kind, class: of }) => (kind === 'moveItems' ? name === of : before.isA(name, of))),
  );
}
