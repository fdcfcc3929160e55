import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Sight } from '../rights/rights.ts';

/** Which items a reader is shown, and as of when: epoch milliseconds; as they are when `at` is not set. */
export interface Showing {
  sight: Sight;
  at?: number | undefined;
}

/** Those of these items that are in the inventory and that the reader may see, as rows of `id`, `class`, `name`, `attributes`. */
export function selectItems(ids: readonly string[], { sight, at }: Showing): Statement {
  const present = sql`select id, class, name, attributes from item where id = any(${ids}::uuid[]) and state = 'active' and ${sight.items()}`;
  if (at === undefined) return present;
  const moment = new Date(at);
  return sql`${present} and updated_at <= ${moment} union all select item_id, class, name, attributes from item_version
    where item_id = any(${ids}::uuid[]) and valid_from <= ${moment} and valid_to > ${moment} and state = 'active' and ${sight.versions}`;
}
