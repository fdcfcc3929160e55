import type { ItemFilter as AskedFilter } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { joinSql, type Statement, sql } from '../../platform/postgres/sql.ts';
import { normaliseName } from '../domain/lookup.ts';
import { type CompiledModel, classesWithin } from '../domain/model/compile-model.ts';

/** Which items are meant: all that is given must hold; the active ones unless `state` says otherwise. */
export type ItemFilter = Partial<AskedFilter>;

/** The filter as a condition on the table `item`. A class stands for its subclasses too. */
export function whereItems(filter: ItemFilter, model: CompiledModel): Statement {
  const conditions: Statement[] = [sql`state = ${filter.state ?? 'active'}`];
  if (filter.class !== undefined) conditions.push(isOfClass(classesWithin(model, filter.class)));
  if (filter.source !== undefined) conditions.push(sql`source = ${filter.source}`);
  if (filter.key !== undefined) conditions.push(sql`key = ${filter.key}`);
  if (filter.organisation !== undefined) conditions.push(sql`organisation = ${filter.organisation}`);
  if (filter.site !== undefined) conditions.push(sql`site = ${filter.site}`);
  if (filter.owner !== undefined) conditions.push(sql`owner = ${filter.owner}`);
  if (filter.supportTeam !== undefined) conditions.push(sql`support_team = ${filter.supportTeam}`);
  if (filter.lifecycleState !== undefined) conditions.push(sql`lifecycle_state = ${filter.lifecycleState}`);
  if (filter.unauthorised !== undefined) conditions.push(filter.unauthorised ? sql`unauthorised_since is not null` : sql`unauthorised_since is null`);
  if (filter.ids?.length) conditions.push(sql`id = any(${filter.ids}::uuid[])`);
  if (filter.q !== undefined) conditions.push(matchWords(filter.q));
  return joinSql(conditions, ' and ');
}

/** The attributes by whose values is asked: whoever may not see them may not ask by them either. */
export function askedAttributes(filter: ItemFilter, at = ''): { attribute: string; pointer: string }[] {
  const names = ['organisation', 'site', 'owner', 'supportTeam'] as const;
  return names.flatMap((attribute) => (filter[attribute] === undefined ? [] : [{ attribute, pointer: `${at}/${attribute}` }]));
}

function isOfClass(names: readonly string[]): Statement {
  return names.length === 1 ? sql`class = ${names[0]}` : sql`class = any(${names}::text[])`;
}

/** All parts of words stand somewhere in it, or all words do in some form. */
function matchWords(q: string): Statement {
  const text = normaliseName(q);
  const parts = text
    .split(/\s+/)
    .filter((part) => part !== '')
    .slice(0, 10);
  if (parts.length === 0) return sql`true`;
  const contains = parts.map((part) => sql`search like ${`%${part.replace(/[\\%_]/g, '\\$&')}%`}`);
  return sql`(${joinSql(contains, ' and ')} or words @@ (websearch_to_tsquery('russian', ${text}) || websearch_to_tsquery('english', ${text})))`;
}
