import { AppError } from '../../platform/errors/app-error.ts';
import type { CursorKind } from '../../platform/keyset/cursor.ts';
import { raw, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { ItemState } from '../domain/item.ts';

/** An order in which the items of any filter can be read by an index; the id comes last in each. */
export interface ItemOrder {
  /** As the request says it; a cursor of one order is refused by another. */
  sort: string;
  isDown: boolean;
  columns: readonly { name: 'class' | 'name' | 'updated_at'; kind: CursorKind }[];
}

const byName = { name: 'name', kind: 'string' } as const;
const columnsOf: Readonly<Record<string, ItemOrder['columns']>> = {
  name: [byName],
  updatedAt: [{ name: 'updated_at', kind: 'time' }],
  class: [{ name: 'class', kind: 'string' }, byName],
};

export function readOrder(sort: string): ItemOrder | undefined {
  const columns = columnsOf[sort.replace(/^-/, '')];
  return columns && { sort, isDown: sort.startsWith('-'), columns };
}

export function orderBy({ columns, isDown }: ItemOrder, prefix = ''): Statement {
  const direction = isDown ? ' desc' : '';
  return raw([...columns.map(({ name }) => name), 'id'].map((name) => `${prefix}${name}${direction}`).join(', '));
}

/** The columns of a place, as what they are called with a prefix. */
export function namePlace({ columns }: ItemOrder, prefix: string): Statement {
  return raw([...columns.map(({ name }) => name), 'id'].map((name) => `${name} as ${prefix}${name}`).join(', '));
}

/** What comes after a place: the values of its columns and its id. */
export function isAfter({ columns, isDown }: ItemOrder, place: readonly (string | number)[]): Statement {
  const names = raw([...columns.map(({ name }) => name), 'id'].join(', '));
  const values = [
    ...columns.map(({ kind }, index) => (kind === 'time' ? sql`${place[index]}::timestamptz` : sql`${place[index]}::text`)),
    sql`${place.at(-1)}::uuid`,
  ];
  const list = values.slice(1).reduce((all, value) => sql`${all}, ${value}`, values[0] ?? sql``);
  return isDown ? sql`(${names}) < (${list})` : sql`(${names}) > (${list})`;
}

/** The place of an item in the order. */
export function placeOf({ columns }: ItemOrder, item: Pick<ItemState, 'id' | 'class' | 'name' | 'updatedAt'>): string[] {
  return [...columns.map(({ name }) => (name === 'updated_at' ? new Date(item.updatedAt).toISOString() : item[name])), item.id];
}

export function refuseOrder(message: string): AppError {
  return new AppError('invalid_input', 'The items cannot be listed in this order.', { violations: [{ pointer: '/sort', message }] });
}
