import type { ItemFilter as AskedFilter } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { joinSql, type Statement, sql } from '../../platform/postgres/sql.ts';
import { type CompiledModel, classesWithin } from '../domain/model/compile-model.ts';
import { nameIn } from '../domain/search/attribute-condition.ts';
import { markedAttributes, toMark } from '../domain/search/list-words.ts';
import { readQuery } from '../domain/search/read-query.ts';
import { allOf, anyOf, type WordQuery, word, writeWords } from '../domain/search/word-query.ts';
import type { Sight } from '../rights/rights.ts';
import { readConditions } from './attribute-conditions.ts';

/** Which items are meant: all that is given must hold; the active ones unless `state` says otherwise. */
export type ItemFilter = Partial<AskedFilter>;

/** A filter in the parts that a plan is chosen by. */
export interface ItemConditions {
  state: Statement;
  /** Undefined: of any class. */
  classes?: readonly string[];
  /** Who answers for it: each has an index in the order of names. */
  answering: readonly Statement[];
  words?: WordQuery;
  /**
   * Class and responsibilities again, as words: one index finds what is frequent by itself (a class, an organisation, a word) and rare together. None when some items may
   * have no words yet.
   */
  marks: readonly WordQuery[];
  /** Each can be found by an index. */
  narrowing: readonly Statement[];
  /** Each can only be looked for in every item. */
  loose: readonly Statement[];
}

/** What both say. The state is that of the first, unless it says none. */
export function bothFilters(one: ItemFilter, other: ItemFilter, model: CompiledModel): ItemConditions {
  const state = one.state ?? other.state;
  const [asked, kept] = [readFilter({ ...one, ...(state && { state }) }, model), readFilter({ ...other, ...(state && { state }) }, model)];
  const classes = asked.classes && kept.classes ? asked.classes.filter((name) => kept.classes?.includes(name)) : (asked.classes ?? kept.classes);
  const isNone = one.state !== undefined && other.state !== undefined && one.state !== other.state;
  return {
    state: asked.state,
    ...(classes && { classes }),
    ...(asked.words && { words: kept.words ? allOf([asked.words, kept.words]) : asked.words }),
    ...(!asked.words && kept.words && { words: kept.words }),
    answering: [...asked.answering, ...kept.answering],
    marks: [...asked.marks, ...kept.marks],
    narrowing: [...asked.narrowing, ...kept.narrowing, ...(isNone ? [sql`false`] : [])],
    loose: [...asked.loose, ...kept.loose],
  };
}

/** The filter as a condition on the table `item`. A class stands for its subclasses too. `q` is taken at its word: mistakes are mended by `searchItems` only. */
export function whereItems(filter: ItemFilter, model: CompiledModel, at = ''): Statement {
  return allConditions({ ...readFilter(filter, model, at), marks: [] });
}

export function allConditions(conditions: ItemConditions): Statement {
  const { state, classes, loose } = conditions;
  return joinSql([state, ...(classes ? [isOfClass(classes)] : []), ...narrowingConditions(conditions), ...loose], ' and ');
}

/** All that an index can find, but for state and class. */
export function narrowingConditions({ answering, words, marks, narrowing }: ItemConditions): Statement[] {
  const together = [...(words ? [words] : []), ...marks];
  return [...answering, ...narrowing, ...(words || marks.length > 1 ? [hasWords(allOf(together))] : [])];
}

/** Nearly all items are in it, so the index of life-cycle states leaves it out. */
const usual = 'in_use';

/** `at` is where the filter stands in the request, for telling what of it is wrong. */
export function readFilter(filter: ItemFilter, model: CompiledModel, at = ''): ItemConditions {
  const answering: Statement[] = [];
  if (filter.site !== undefined) answering.push(sql`site = ${filter.site}`);
  if (filter.owner !== undefined) answering.push(sql`owner = ${filter.owner}`);
  if (filter.supportTeam !== undefined) answering.push(sql`support_team = ${filter.supportTeam}`);
  if (filter.organisation !== undefined) answering.push(sql`organisation = ${filter.organisation}`);
  const narrowing: Statement[] = [];
  if (filter.source !== undefined || filter.key !== undefined) narrowing.push(isSaid(filter));
  const loose = readConditions(filter.where ?? [], filter.class, model, at);
  if (filter.lifecycleState !== undefined)
    (filter.lifecycleState === usual ? loose : narrowing).push(sql`lifecycle_state = ${filter.lifecycleState}`);
  if (filter.unauthorised === true) narrowing.push(sql`unauthorised_since is not null`);
  if (filter.unauthorised === false) loose.push(sql`unauthorised_since is null`);
  if (filter.ids?.length) narrowing.push(sql`id = any(${filter.ids}::uuid[])`);
  if (filter.updatedAfter !== undefined) narrowing.push(sql`updated_at > ${filter.updatedAfter}::timestamptz`);
  if (filter.updatedBefore !== undefined) narrowing.push(sql`updated_at < ${filter.updatedBefore}::timestamptz`);
  const query = readQuery(filter.q ?? '');
  // Signs alone are in no word.
  if (!query && filter.q?.trim()) narrowing.push(sql`false`);
  const classes = filter.class === undefined ? undefined : classesWithin(model, filter.class);
  return {
    state: sql`state = ${filter.state ?? 'active'}`,
    ...(classes && { classes }),
    ...(query && { words: query.wide }),
    answering,
    marks: listMarks(filter, classes),
    narrowing,
    loose,
  };
}

/** Those of them that the reader may see. */
export function withSight(conditions: ItemConditions, sight: Pick<Sight, 'seesAll' | 'items'>): ItemConditions {
  return sight.seesAll ? conditions : { ...conditions, narrowing: [...conditions.narrowing, sight.items()] };
}

/** Those that have the words too. */
export function withWords(conditions: ItemConditions, words: WordQuery): ItemConditions {
  return { ...conditions, words: conditions.words ? allOf([conditions.words, words]) : words };
}

/** The attributes by whose values is asked: whoever may not see them may not ask by them either. */
export function askedAttributes(filter: ItemFilter, at = ''): { attribute: string; pointer: string }[] {
  const named = markedAttributes.flatMap((attribute) => (filter[attribute] === undefined ? [] : [{ attribute, pointer: `${at}/${attribute}` }]));
  const where = (filter.where ?? []).flatMap((text, index) => {
    const attribute = nameIn(text);
    return attribute === undefined ? [] : [{ attribute, pointer: `${at}/where/${index}` }];
  });
  return [...named, ...where];
}

export function isOfClass(names: readonly string[]): Statement {
  return names.length === 1 ? sql`class = ${names[0]}` : sql`class = any(${names}::text[])`;
}

export function hasWords(query: WordQuery): Statement {
  return sql`words @@ ${writeWords(query)}::tsquery`;
}

function listMarks(filter: ItemFilter, classes: readonly string[] | undefined): WordQuery[] {
  const marks = markedAttributes.flatMap((name) => (filter[name] === undefined ? [] : [word(toMark(name, filter[name]))]));
  return classes && classes.length > 0 ? [anyOf(classes.map((name) => word(toMark('class', name)))), ...marks] : marks;
}

/** A source speaks of it, under this key; of a retired one it spoke once. */
function isSaid({ source, key, state }: ItemFilter): Statement {
  const conditions = [state === 'retired' ? sql`true` : sql`gone_at is null and moved_to is null`];
  if (source !== undefined) conditions.push(sql`source = ${source}`);
  if (key !== undefined) conditions.push(sql`key = ${key}`);
  return sql`id in (select item_id from item_link where ${joinSql(conditions, ' and ')})`;
}
