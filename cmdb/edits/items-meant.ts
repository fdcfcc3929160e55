import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { ItemFilter } from '../find/item-filter.ts';

/** Of items that are fixed at once. */
const most = 100_000;

/** Nobody means every item by saying nothing. Throws AppError `invalid_input`. */
export function refuseEverything({ ids = [], where = [], state: _, ...filter }: ItemFilter): void {
  if (ids.length + where.length > 0 || Object.values(filter).some((value) => value !== undefined && String(value).trim() !== '')) return;
  throw new AppError('invalid_input', 'Every item would be meant.', {
    violations: [{ pointer: '/filter', message: 'must say which items are meant: a class, a site, ids …' }],
  });
}

/** How many items fit a condition; more than can be dealt with at once are refused with AppError `invalid_input`. */
export async function countMeant(database: Database, where: Statement): Promise<number> {
  const [counted] = await database.query<{ count: number }>(
    sql`select count(*)::int as count from (select 1 from item where ${where} limit ${most + 1}::int) i`,
  );
  const count = counted?.count ?? 0;
  if (count <= most) return count;
  throw new AppError('invalid_input', 'These are too many items.', {
    violations: [{ pointer: '/filter', message: `means more than ${most} items: narrow it, and go on in parts` }],
  });
}
