import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { limitsOf } from '../domain/model/check-relation.ts';
import { compareModels } from '../domain/model/compare-models.ts';
import type { CompiledModel, EffectiveClass } from '../domain/model/compile-model.ts';
import {
  type JudgedItem,
  type JudgedRelation,
  type Judging,
  judgeCrowded,
  judgeItems,
  judgeRelations,
  noFindings,
} from '../domain/model/judge-items.ts';
import type { TestProgress } from './draft-store.ts';

/** What of the inventory a new model may concern. */
export interface TestScope extends Judging {
  classes: readonly string[];
  types: readonly string[];
  /** Sides of relation types at which an item may have one only from now on. */
  crowds: readonly { type: string; side: 'from' | 'to' }[];
}

const pageSize = 1_000;
const firstId = '00000000-0000-0000-0000-000000000000';

export const testNotBegun: TestProgress = { phase: 'items', place: firstId, checked: 0, findings: noFindings };

/** Only items whose class has other rules can come not to fit, and only relations whose type ties less. */
export function scopeOf({ before, after, migrations }: Judging): TestScope {
  const moved = new Set(migrations.flatMap((migration) => (migration.kind === 'moveItems' ? [migration.class] : [])));
  const names = new Set([...before.classes.keys(), ...after.classes.keys()]);
  const losses = compareModels(before, after).filter(({ reason }) => reason === 'relation');
  const narrowed = losses.flatMap(({ kind, relationType = '' }) => (kind === 'cardinalityNarrowed' ? [] : [relationType]));
  const crowded = losses.flatMap(({ kind, relationType = '' }) => (kind === 'cardinalityNarrowed' ? [relationType] : []));
  return {
    before,
    after,
    migrations,
    classes: [...names].filter((name) => moved.has(name) || rulesOf(before.classes.get(name)) !== rulesOf(after.classes.get(name))),
    // The ends of any type may be of a class whose items move.
    types: moved.size > 0 ? [...before.relationTypes.keys()] : narrowed,
    crowds: crowded.flatMap((type) => newLimits(type, before, after)),
  };
}

/** All that an item of the class is judged by. */
function rulesOf(itemClass: EffectiveClass | undefined): string {
  const rules = [...(itemClass?.attributes.values() ?? [])].map(
    ({ name, type, list, required, default: preset, values, pattern, minimum, maximum, maxLength }) =>
      [name, type, list, required, preset, values?.map(({ value }) => value), pattern, minimum, maximum, maxLength] as const,
  );
  return JSON.stringify([itemClass?.abstract, rules.sort(([one], [other]) => (one < other ? -1 : 1))]);
}

function newLimits(type: string, before: CompiledModel, after: CompiledModel): TestScope['crowds'] {
  const [was, is] = [limitsOf(before.relationTypes.get(type)?.cardinality), limitsOf(after.relationTypes.get(type)?.cardinality)];
  return [
    ...(is.oneTo && !was.oneTo ? [{ type, side: 'from' as const }] : []),
    ...(is.oneFrom && !was.oneFrom ? [{ type, side: 'to' as const }] : []),
  ];
}

/** How many items and relations there are to look at. */
export async function countScope(database: Database, { classes, types }: TestScope): Promise<number> {
  const [row] = await database.query<{ total: number }>(
    sql`select ((select count(*) from item where state = 'active' and class = any(${classes}::text[])) +
      (select count(*) from relation where state = 'active' and type = any(${types}::text[])))::int as total`,
  );
  return row?.total ?? 0;
}

/** Looks at page after page until all is looked at or `isOver` says that there is no time left. */
export async function testFurther(database: Database, scope: TestScope, from: TestProgress, isOver: () => boolean): Promise<TestProgress> {
  let progress = from;
  do progress = await testPage(database, scope, progress);
  while (progress.phase !== 'done' && !isOver());
  return progress;
}

async function testPage(database: Database, scope: TestScope, { phase, place, checked, findings }: TestProgress): Promise<TestProgress> {
  switch (phase) {
    case 'items': {
      const items = scope.classes.length > 0 ? await readItemsAfter(database, scope, place) : [];
      const found = judgeItems(findings, items, scope);
      return nextPage({ phase, next: 'relations', page: items, checked, findings: found });
    }
    case 'relations': {
      const relations = scope.types.length > 0 ? await readRelationsAfter(database, scope, place) : [];
      const found = judgeRelations(findings, relations, scope);
      return nextPage({ phase, next: 'crowds', page: relations, checked, findings: found });
    }
    case 'crowds': {
      const crowded = await Promise.all(scope.crowds.map((crowd) => readCrowd(database, crowd)));
      return { phase: 'done', place: firstId, checked, findings: judgeCrowded(findings, crowded.flat()) };
    }
    case 'done':
      return { phase, place, checked, findings };
  }
}

function nextPage(
  done: Pick<TestProgress, 'phase' | 'checked' | 'findings'> & { next: TestProgress['phase']; page: readonly { id: string }[] },
): TestProgress {
  const { phase, next, page, checked, findings } = done;
  const last = page.length < pageSize ? undefined : page.at(-1);
  return { phase: last ? phase : next, place: last?.id ?? firstId, checked: checked + page.length, findings };
}

function readItemsAfter(database: Database, { classes }: TestScope, after: string): Promise<JudgedItem[]> {
  return database.query<JudgedItem>(
    sql`select id, name, class, attributes from item where state = 'active' and class = any(${classes}::text[]) and id > ${after}::uuid
      order by id limit ${pageSize}::int`,
  );
}

function readRelationsAfter(database: Database, { types }: TestScope, after: string): Promise<JudgedRelation[]> {
  return database.query<JudgedRelation>(
    sql`select r.id, r.type, f.id as "fromId", f.name as "fromName", f.class as "fromClass", t.class as "toClass"
      from (select * from relation where state = 'active' and type = any(${types}::text[]) and id > ${after}::uuid order by id limit ${pageSize}::int) r
        join item f on f.id = r.from_id join item t on t.id = r.to_id order by r.id`,
  );
}

function readCrowd(database: Database, { type, side }: TestScope['crowds'][number]) {
  const end = side === 'from' ? sql`from_id` : sql`to_id`;
  return database.query<Omit<JudgedItem, 'attributes'> & { type: string; count: number }>(
    sql`select i.id, i.name, i.class, ${type} as type, c.count from (
        select ${end} as id, count(*)::int as count from relation where state = 'active' and type = ${type} group by ${end} having count(*) > 1) c
      join item i on i.id = c.id order by i.id`,
  );
}
