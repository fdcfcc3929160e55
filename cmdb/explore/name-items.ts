import type { GraphItem } from '../../generated/opora/cmdb/v1/graph.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { lifecycleState, phaseOf } from '../domain/model/lifecycle-attribute.ts';
import type { Sight } from '../rights/rights.ts';

/** Those of these items that the reader may see, as they are or were at a moment (epoch milliseconds), by their ids. */
export async function nameItems(
  database: Database,
  ids: readonly string[],
  { sight, model, at }: { sight: Sight; model: CompiledModel; at?: number | undefined },
): Promise<Map<string, GraphItem>> {
  const present = sql`select id, class, name, lifecycle_state as state from item where id = any(${ids}::uuid[]) and ${sight.items()}`;
  const moment = new Date(at ?? 0);
  const past = sql`${present} and updated_at <= ${moment}
    union all select item_id, class, name, attributes ->> ${lifecycleState} from item_version
      where item_id = any(${ids}::uuid[]) and valid_from <= ${moment} and valid_to > ${moment} and ${sight.versions}`;
  const rows = await database.query<{ id: string; class: string; name: string; state: string | null }>(at === undefined ? present : past);
  return new Map(
    rows.map(({ state, ...item }) => {
      const phase = phaseOf(model.classes.get(item.class), { [lifecycleState]: state });
      return [item.id, { ...item, ...(phase && { phase }) }];
    }),
  );
}

/** Throws AppError `not_found`, in the words for an item that never was, when the reader sees none of that id. */
export function requireItem(items: ReadonlyMap<string, GraphItem>, id: string, at?: number): GraphItem {
  const item = items.get(id);
  if (item) return item;
  throw new AppError('not_found', at === undefined ? `There is no item "${id}".` : `There was no item "${id}" at ${new Date(at).toISOString()}.`);
}
