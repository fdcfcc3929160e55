import { isAppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { migrateItem, migrateOwners, migrateWord, type Step } from '../domain/model/migrate-item.ts';
import { writeWholeItems } from '../sources/end-links.ts';
import type { Link } from '../sources/link.ts';
import { writeLinks } from '../sources/link-store.ts';
import { readWholeItems, toChange, type WholeItem } from '../sources/whole-items.ts';
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
  const ids = await database.query<{ id: string }>(
    sql`select id from item where class = any(${classesOf(version, step)}::text[]) and id > ${pass.place}::uuid order by id limit ${pageSize}::int`,
  );
  const items = [
    ...(
      await readWholeItems(
        database,
        ids.map(({ id }) => id),
      )
    ).values(),
  ];
  const words = items.flatMap((whole) => migrateWhole(whole, version, step));
  const changes = items.filter((whole) => toChange(whole, now) !== undefined);
  const last = ids.length < pageSize ? undefined : ids.at(-1);
  const sensitive = new Set([...step.before.sensitive, ...step.after.sensitive]);
  if (changes.length > 0 && !(await commit(database, version, { ...step.after, sensitive }, { items: changes, words }, now))) return pass;
  const changed = pass.changed + changes.length;
  if (last) return { ...pass, place: last.id, changed };
  if (changed > 0 || pass.beganAt < version.publishedAt + 2 * freshFor) return beginPass(version.version, now);
  await database.commit({ statements: [finishMigrating(version.version, now)] });
  return undefined;
}

/** Makes an item, and what each source says of it, what they are to be; gives the words that changed. Otherwise its next change would bring back what was. */
function migrateWhole(whole: WholeItem, { migrations }: ModelVersionState, step: Step): Link[] {
  const { facts } = whole;
  const { class: name, attributes } = migrateItem(facts, migrations, step);
  whole.facts = { ...facts, class: name, attributes, provenance: migrateOwners(facts.provenance, facts.class, migrations, step) };
  const words = [...whole.links.values()].flatMap((link): Link[] => {
    const said = migrateWord(link.said, migrations, step);
    return said === link.said ? [] : [{ ...link, said: { ...link.said, class: said.class, attributes: said.attributes } }];
  });
  if (words.length > 0) whole.isTouched = true;
  return words;
}

/** False when somebody else wrote one of them first: then the page is read again. */
async function commit(
  database: Database,
  { version, actorId, actorName, traceId }: ModelVersionState,
  model: CompiledModel,
  { items, words }: { items: readonly WholeItem[]; words: readonly Link[] },
  now: number,
): Promise<boolean> {
  const author = { actorId, actorName, ...(traceId !== undefined && { traceId }) };
  try {
    const { statements, events } = await writeWholeItems({ database, model, author, now, isCorrection: true }, items);
    await database.commit({ statements: [...statements, ...writeLinks(words, []), noteMigrated(version, items.length)], events });
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
