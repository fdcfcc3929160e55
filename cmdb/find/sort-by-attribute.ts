import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { raw, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { findAttribute } from '../domain/search/attribute-condition.ts';
import { allConditions, type ItemConditions } from './item-filter.ts';
import { refuseOrder } from './item-order.ts';

/** The attribute of such an order, as what is asked by. */
export function askedBySort(sort = ''): { attribute: string; pointer: string }[] {
  const [, attribute] = /^-?attributes\.(.+)$/.exec(sort) ?? [];
  return attribute === undefined ? [] : [{ attribute, pointer: '/sort' }];
}

interface Sorting {
  conditions: ItemConditions;
  /** `attributes.memoryGb`, with a minus in front from the greatest on. */
  sort: string;
  after: string | undefined;
  limit: number;
  className: string | undefined;
  model: CompiledModel;
}

/** An index for each attribute would make every write dearer: so many items are sorted when they are asked for, and no more. */
const mostSorted = 20_000;

/** Items in the order of an attribute; those without it come last. */
export async function sortByAttribute(
  database: Database,
  { conditions, sort, after, limit, className, model }: Sorting,
): Promise<{ ids: string[]; next?: string }> {
  const name = sort.replace(/^-?attributes\./, '');
  const found = findAttribute(name, className, model);
  if ('message' in found) throw refuseOrder(found.message);
  const { type, list } = found.attribute;
  if (list || type === 'json') throw refuseOrder(`"${name}" is ${list ? 'a list' : 'no single value'}: items have no order by it`);
  const isNumber = type === 'integer' || type === 'decimal';
  const value = isNumber
    ? sql`case jsonb_typeof(attributes -> ${name}) when 'number' then (attributes ->> ${name})::numeric end`
    : sql`attributes ->> ${name}`;
  const rows = await database.query<{ id: string; value: string | null; total: number }>(sql`with m as materialized (
      select id, ${value} as value from item where ${allConditions(conditions)} limit ${mostSorted + 1}::int)
    select id, m.value::text as value, (select count(*) from m)::int as total from m ${isAfter(after, sort, isNumber)}
    order by m.value is null, m.value${raw(sort.startsWith('-') ? ' desc' : '')}, id limit ${limit + 1}::int`);
  if ((rows[0]?.total ?? 0) > mostSorted)
    throw refuseOrder(
      `puts more than ${mostSorted} items in order: say more of what is wanted (class, site, q …), or sort by name, class or updatedAt`,
    );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    ids: page.map(({ id }) => id),
    ...(rows.length > limit && last && { next: encodeCursor([last.value === null ? '' : `=${last.value}`, last.id], sort) }),
  };
}

function isAfter(after: string | undefined, sort: string, isNumber: boolean): Statement {
  if (after === undefined) return sql``;
  const [kept, id] = decodeCursor(after, ['string', 'uuid'], sort);
  if (!kept.startsWith('=') || (isNumber && !/^=-?\d+(?:\.\d+)?$/.test(kept))) return sql`where m.value is null and id > ${id}::uuid`;
  const value = isNumber ? sql`${kept.slice(1)}::numeric` : sql`${kept.slice(1)}::text`;
  return sql`where m.value is null or m.value ${raw(sort.startsWith('-') ? '<' : '>')} ${value} or (m.value = ${value} and id > ${id}::uuid)`;
}
