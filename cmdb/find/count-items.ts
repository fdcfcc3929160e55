import type { ItemCount } from '../../generated/opora/cmdb/v1/queries.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { joinSql, plannedAnew, sql } from '../../platform/postgres/sql.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import type { Sight } from '../rights/rights.ts';
import { allConditions, type ItemFilter, readFilter, withSight } from './item-filter.ts';

const mostCounted = 10_000;

/** How many items a filter means, as far as that can be told quickly: conditions on attributes are looked for in twice as many items as are counted. */
export async function countItems(database: Database, filter: ItemFilter, model: CompiledModel, sight: Sight): Promise<ItemCount> {
  const conditions = withSight({ ...readFilter(filter, model), marks: [] }, sight);
  const { loose } = conditions;
  const mostSeen = loose.length > 0 ? 2 * mostCounted : mostCounted + 1;
  const [row] = await database.query<{ seen: number; count: number }>(
    plannedAnew(sql`select count(*)::int as seen, (count(*) filter (where ${loose.length > 0 ? joinSql(loose, ' and ') : sql`true`}))::int as count
      from (select * from item where ${allConditions({ ...conditions, loose: [] })} limit ${mostSeen}::int) item`),
  );
  const { seen = 0, count = 0 } = row ?? {};
  const isMore = seen >= mostSeen || count > mostCounted;
  const shown = Math.min(count, mostCounted);
  return { count: shown, isMore, text: `${String(shown).replace(/\B(?=(?:\d{3})+$)/g, ' ')}${isMore ? '+' : ''}` };
}
