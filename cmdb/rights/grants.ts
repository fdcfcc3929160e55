import { joinSql, raw, type Statement, sql } from '../../platform/postgres/sql.ts';
import { may, type Principal } from '../../platform/rpc/call.ts';
import { type CompiledModel, classesWithin } from '../domain/model/compile-model.ts';

/** What grants look at. */
export interface Placed {
  class: string;
  attributes: Readonly<Record<string, unknown>>;
}

/** One grant by the model that holds: of each list that is there, an item has one of the values. */
interface Allowed {
  class?: readonly string[];
  organisation?: readonly string[];
  site?: readonly string[];
}

/** For which items a permission holds: for all, or for those that one of the grants allows. */
export type Holding = 'all' | readonly Allowed[];

export function holdingOf(principal: Principal, permission: string, model: CompiledModel): Holding {
  if (may(principal, permission)) return 'all';
  const own = principal.grants?.filter((grant) => grant.permission === permission) ?? [];
  return own.flatMap(({ where, condition, without = [] }) => {
    const names = Object.keys(where);
    // What is not understood would be read as a condition less.
    if (
      condition !== undefined ||
      without.length > 0 ||
      names.length === 0 ||
      !names.every((name) => name === 'class' || name === 'organisation' || name === 'site')
    )
      return [];
    const { class: classes, organisation, site } = where;
    return {
      ...(classes && { class: [...new Set(classes.flatMap((name) => classesWithin(model, name)))] }),
      ...(organisation && { organisation }),
      ...(site && { site }),
    };
  });
}

/** The columns of `item`, or of the alias that it has in a query. */
export function columnsOfItem(alias = 'item'): Columns {
  const [itemClass, organisation, site] = ['class', 'organisation', 'site'].map((name) => raw(`${alias}.${name}`));
  return { class: itemClass as Statement, organisation: organisation as Statement, site: site as Statement };
}

/** A version keeps attributes only. */
export const columnsOfVersion: Columns = {
  class: sql`item_version.class`,
  organisation: sql`item_version.attributes ->> 'organisation'`,
  site: sql`item_version.attributes ->> 'site'`,
};

export type Columns = Readonly<Record<keyof Allowed, Statement>>;

const conditionNames = ['site', 'organisation', 'class'] as const;

/** The items for which the permission holds, as a condition on these columns: a null where there is no value, so it is no condition to negate. */
export function whereHeld(holding: Holding, columns: Columns): Statement {
  if (holding === 'all') return sql`true`;
  const ways = holding.map((allowed) => {
    const conditions = conditionNames.flatMap((name) => {
      const values = allowed[name];
      if (!values) return [];
      return values.length === 1 ? sql`${columns[name]} = ${values[0]}` : sql`${columns[name]} = any(${values}::text[])`;
    });
    return sql`(${joinSql(conditions, ' and ')})`;
  });
  return ways.length === 0 ? sql`false` : sql`(${joinSql(ways, ' or ')})`;
}

/** The same of one item at hand. */
export function isHeld(holding: Holding, item: Placed): boolean {
  if (holding === 'all') return true;
  const values = { class: item.class, organisation: asText(item.attributes, 'organisation'), site: asText(item.attributes, 'site') };
  return holding.some((allowed) =>
    conditionNames.every((name) => {
      const value = values[name];
      return allowed[name] === undefined || (value !== undefined && allowed[name].includes(value));
    }),
  );
}

/** As `->>` gives it; an object or a list is no value that a grant could name. */
function asText(attributes: Placed['attributes'], name: string): string | undefined {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
