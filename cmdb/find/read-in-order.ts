import type { Database } from '../../platform/postgres/database.ts';
import { joinSql, plannedAnew, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { ItemState } from '../domain/item.ts';
import { allConditions, type ItemConditions, isOfClass, narrowingConditions } from './item-filter.ts';
import { type ItemOrder, isAfter, namePlace, orderBy, placeOf } from './item-order.ts';

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
  /** What is asked for is a guess: nothing is estimated, and fewer of them are put in order. */
  someWillDo?: boolean;
  /** When they are too many to be sorted, as many of them as can be will do. */
  mayLeaveOut?: boolean;
}

/** So many items are gathered at once; more only when a look at some shows that few fit. */
const few = 1_500;
const mostGathered = 5_000;
/** No more items than so many are sorted. */
const mostSorted = 8_000;
/** So many items are looked at in their order to see how many of them fit, and no more than so many in all. */
const sample = 500;
const mostWalked = 6_000;

/**
 * The items of a filter in an order, from a place on. The time does not grow with the number of items: when many fit, they are soon met in the order's own
 * index; when few do, they are gathered by an index of the filter and sorted; and when neither helps, so many are looked at and the rest is left to the next page.
 */
export async function readInOrder(database: Database, reading: Reading): Promise<OrderedItems> {
  const { conditions } = reading;
  const { base, rest } = splitConditions(reading);
  if (rest.length === 0) return toPage(reading, await readRange(database, reading, base));
  if (conditions.classes && isByClasses(conditions)) return toPage(reading, await readClasses(database, reading, conditions.classes));
  const count = reading.someWillDo ? 0 : await estimate(database, conditions);
  const sorted = count <= few ? await sortAll(database, reading) : undefined;
  return sorted ?? walk(database, reading, count > few && (count <= mostGathered || reading.mayLeaveOut === true));
}

/** What one index has in this order (a state, with one class or with one that answers), and what is to be asked besides. */
function splitConditions({ conditions, order }: Reading): { base: Statement[]; rest: Statement[] } {
  const { state, classes, answering, loose } = conditions;
  const others = [...narrowingConditions({ ...conditions, answering: [], marks: [] }), ...loose];
  if (classes?.length !== 1 && order.columns[0]?.name === 'name' && answering.length > 0)
    return { base: [state, ...answering.slice(0, 1)], rest: [...(classes ? [isOfClass(classes)] : []), ...answering.slice(1), ...others] };
  const ofClass = classes ? [isOfClass(classes)] : [];
  const isIndexed = classes?.length === 1 || order.columns[0]?.name === 'class';
  return isIndexed ? { base: [state, ...ofClass], rest: [...answering, ...others] } : { base: [state], rest: [...ofClass, ...answering, ...others] };
}

function isByClasses(conditions: ItemConditions): boolean {
  return narrowingConditions({ ...conditions, marks: [] }).length === 0 && conditions.loose.length === 0;
}

async function readRange(database: Database, { order, after, limit }: Reading, base: readonly Statement[]): Promise<Row[]> {
  return database.query<Row>(sql`select id, class, name, updated_at from item
    where ${joinSql([...base, ...(after ? [isAfter(order, after)] : [])], ' and ')} order by ${orderBy(order)} limit ${limit + 1}::int`);
}

/** Only a state and classes: a page of each, merged. */
async function readClasses(database: Database, { conditions: { state }, order, after, limit }: Reading, classes: readonly string[]): Promise<Row[]> {
  const rest = after ? sql` and ${isAfter(order, after)}` : sql``;
  const end = sql`order by ${orderBy(order)} limit ${limit + 1}::int`;
  return database.query<Row>(sql`select f.* from unnest(${classes}::text[]) as c(class) cross join lateral (
      select id, class, name, updated_at from item where ${state} and class = c.class${rest} ${end}) f ${end}`);
}

/** How many items the planner thinks there are. What is known of them twice, as columns and as words, must not count twice. */
async function estimate(database: Database, conditions: ItemConditions): Promise<number> {
  const [row] = await database.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    plannedAnew(sql`explain (format json) select 1 from item where ${allConditions({ ...conditions, marks: [], loose: [] })}`),
  );
  return row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}

/** Undefined when there are too many to sort. All are asked for and no more are read than that, so that the planner takes the index that all of them would need. */
async function sortAll(database: Database, reading: Reading): Promise<OrderedItems | undefined> {
  const { conditions, order, after, limit } = reading;
  const most = reading.someWillDo ? few : mostSorted;
  const where = joinSql([allConditions(conditions), ...(after ? [isAfter(order, after)] : [])], ' and ');
  const rows = await database.query<Row & { total: number }>(
    plannedAnew(sql`with a as materialized (select id, class, name, updated_at from item where ${where}), m as materialized (select * from a limit ${most + 1}::int)
      select m.*, (select count(*) from m)::int as total from m order by ${orderBy(order)} limit ${limit + 1}::int`),
  );
  return (rows[0]?.total ?? 0) > most && !reading.mayLeaveOut ? undefined : toPage(reading, rows);
}

/** Looks at items in their order until the page is full. A few of them tell whether it soon will be, or whether those that fit are better gathered. */
async function walk(database: Database, reading: Reading, maySort: boolean): Promise<OrderedItems> {
  const { limit } = reading;
  const first = await walkOn(database, reading, [], sample);
  if (first.isOver) return toPage(reading, first.rows);
  const needed = (1.5 * sample * (limit + 1 - first.rows.length)) / first.rows.length;
  const sorted = needed > mostWalked && maySort ? await sortAll(database, reading) : undefined;
  if (sorted) return sorted;
  const { rows, place, isOver } = await walkOn(
    database,
    { ...reading, after: first.place },
    first.rows,
    Math.ceil(Math.min(Math.max(needed, sample), mostWalked)),
  );
  return isOver ? toPage(reading, rows) : { ids: rows.map(({ id }) => id), next: place };
}

interface Walked {
  rows: readonly Row[];
  /** The last item that was looked at. */
  place: Place;
  /** The page is full, or there are no more items. */
  isOver: boolean;
}

/** What the order's index does not have is read of an item only to judge it: the planner would else take another index for the sake of the table's pages. */
async function walkOn(database: Database, reading: Reading, found: readonly Row[], length: number): Promise<Walked> {
  const { order, after, limit } = reading;
  const { base, rest } = splitConditions(reading);
  const from = sql`from item where ${joinSql([...base, ...(after ? [isAfter(order, after)] : [])], ' and ')} order by ${orderBy(order)}`;
  const more = await database.query<Row>(sql`select item.* from (select ${namePlace(order, 'at_')} ${from} limit ${length}::int) walked
    cross join lateral (select id, class, name, updated_at from item where id = at_id and ${joinSql(rest, ' and ')} offset 0) item
    order by ${orderBy(order, 'at_')} limit ${limit + 1 - found.length}::int`);
  const rows = [...found, ...more];
  if (rows.length > limit) return { rows, place: [], isOver: true };
  const [last] = await database.query<Record<string, unknown>>(sql`select ${namePlace(order, 'at_')} ${from} offset ${length - 1}::int limit 1`);
  return {
    rows,
    place: last ? Object.values(last).map((value) => (value instanceof Date ? value.toISOString() : String(value))) : [],
    isOver: !last,
  };
}

function toPage({ order, limit }: Reading, rows: readonly Row[]): OrderedItems {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { ids: page.map(({ id }) => id), ...(rows.length > limit && last && { next: placeOf(order, toPlaced(last)) }) };
}

function toPlaced({ id, class: itemClass, name, updated_at }: Row): Pick<ItemState, 'id' | 'class' | 'name' | 'updatedAt'> {
  return { id, class: itemClass, name, updatedAt: updated_at.getTime() };
}
