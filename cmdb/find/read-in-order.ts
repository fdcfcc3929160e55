import type { Database } from '../../platform/postgres/database.ts';
import { joinSql, sql } from '../../platform/postgres/sql.ts';
import type { ItemState } from '../domain/item.ts';
import { allConditions, type ItemConditions, isOfClass } from './item-filter.ts';
import { type ItemOrder, isAfter, orderBy, placeOf } from './item-order.ts';

export type Place = readonly string[];

export interface OrderedItems {
  ids: string[];
  /** The last item that was looked at, when there is more to look at. It may be one that does not fit: then the page is shorter than was asked for. */
  next?: Place;
}

interface Row {
  id: string;
  class: string;
  name: string;
  updated_at: Date;
}

interface Reading {
  conditions: ItemConditions;
  order: ItemOrder;
  after?: Place;
  limit: number;
}

/** So many items are sorted without looking twice, and no more than so many are ever sorted. */
const few = 5_000;
const mostSorted = 20_000;
/** How many items are looked at in their order, one step after the other. */
const steps = [500, 4_000, 30_000];

/**
 * The items of a filter in an order, from a place on. The time does not grow with the number of items: when many fit, they are soon met in the order's own
 * index; when few do, they are gathered by an index of the filter and sorted; and when neither helps, so many are looked at and the rest is left to the next page.
 */
export async function readInOrder(database: Database, reading: Reading): Promise<OrderedItems> {
  const { conditions } = reading;
  if (conditions.narrowing.length === 0 && conditions.loose.length === 0) return toPage(reading, await readWhole(database, reading));
  const canSort = (await estimate(database, conditions)) <= (conditions.loose.length > 0 ? mostSorted : few);
  return (canSort ? await sortAll(database, reading) : undefined) ?? (await walk(database, reading, !canSort && conditions.loose.length === 0));
}

/** Only a state and classes: each class has an index in each order. */
async function readWhole(database: Database, { conditions: { state, classes }, order, after, limit }: Reading): Promise<Row[]> {
  const rest = after ? sql` and ${isAfter(order, after)}` : sql``;
  const end = sql`order by ${orderBy(order)} limit ${limit + 1}::int`;
  if (!classes || classes.length === 1 || order.columns[0]?.name === 'class')
    return database.query<Row>(
      sql`select id, class, name, updated_at from item where ${joinSql([state, ...(classes ? [isOfClass(classes)] : [])], ' and ')}${rest} ${end}`,
    );
  return database.query<Row>(sql`select f.* from unnest(${classes}::text[]) as c(class) cross join lateral (
      select id, class, name, updated_at from item where ${state} and class = c.class${rest} ${end}) f ${end}`);
}

/** How many items the planner thinks there are, by what can be found by an index. */
async function estimate(database: Database, conditions: ItemConditions): Promise<number> {
  const [row] = await database.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    sql`explain (format json) select 1 from item where ${allConditions({ ...conditions, loose: [] })}`,
  );
  return row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}

/** Undefined when there are too many to sort. */
async function sortAll(database: Database, reading: Reading): Promise<OrderedItems | undefined> {
  const { conditions, order, after, limit } = reading;
  const rows = await database.query<Row & { total: number }>(sql`with m as materialized (
      select id, class, name, updated_at from item where ${joinSql([allConditions(conditions), ...(after ? [isAfter(order, after)] : [])], ' and ')} limit ${mostSorted + 1}::int)
    select m.*, (select count(*) from m)::int as total from m order by ${orderBy(order)} limit ${limit + 1}::int`);
  return (rows[0]?.total ?? 0) > mostSorted ? undefined : toPage(reading, rows);
}

/** Looks at items in their order, ever more of them at once, until the page is full. */
async function walk(database: Database, reading: Reading, maySort: boolean): Promise<OrderedItems> {
  const { conditions, order, limit } = reading;
  const isOneClass = conditions.classes?.length === 1;
  const base = joinSql([conditions.state, ...(isOneClass && conditions.classes ? [isOfClass(conditions.classes)] : [])], ' and ');
  const rest = joinSql(
    [...(conditions.classes && !isOneClass ? [isOfClass(conditions.classes)] : []), ...conditions.narrowing, ...conditions.loose],
    ' and ',
  );
  const rows: Row[] = [];
  let place = reading.after;
  for (const step of steps) {
    const from = sql`from item where ${base}${place ? sql` and ${isAfter(order, place)}` : sql``} order by ${orderBy(order)}`;
    rows.push(
      ...(await database.query<Row>(
        sql`select id, class, name, updated_at from (select * ${from} limit ${step}::int) item where ${rest} order by ${orderBy(order)} limit ${limit + 1 - rows.length}::int`,
      )),
    );
    if (rows.length > limit) return toPage(reading, rows);
    const [last] = await database.query<Row>(sql`select id, class, name, updated_at ${from} offset ${step - 1}::int limit 1`);
    if (!last) return toPage(reading, rows);
    place = placeOf(order, toPlaced(last));
    const sorted = maySort && step === steps[0] ? await sortAll(database, reading) : undefined;
    if (sorted) return sorted;
  }
  return { ids: rows.map(({ id }) => id), ...(place && { next: place }) };
}

function toPage({ order, limit }: Reading, rows: readonly Row[]): OrderedItems {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { ids: page.map(({ id }) => id), ...(rows.length > limit && last && { next: placeOf(order, toPlaced(last)) }) };
}

function toPlaced({ id, class: itemClass, name, updated_at }: Row): Pick<ItemState, 'id' | 'class' | 'name' | 'updatedAt'> {
  return { id, class: itemClass, name, updatedAt: updated_at.getTime() };
}
