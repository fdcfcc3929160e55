import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import type { ItemRights, Sight } from '../rights/rights.ts';

/** What a reader is shown, by which model, and as of when: epoch milliseconds; as things are when `at` is not set. */
export interface Showing extends Pick<ItemRights, 'sight' | 'masked'> {
  model: CompiledModel;
  at?: number;
}

/** Those of these items that the reader may see, as they are or were at a moment (epoch milliseconds), as rows of `id`, `class`, `name`, `attributes`. */
export function selectItems(ids: readonly string[], { sight, at }: { sight: Sight; at?: number }): Statement {
  const present = sql`select id, class, name, attributes from item where id = any(${ids}::uuid[]) and ${sight.items()}`;
  if (at === undefined) return present;
  const moment = new Date(at);
  return sql`${present} and updated_at <= ${moment} union all select item_id, class, name, attributes from item_version
    where item_id = any(${ids}::uuid[]) and valid_from <= ${moment} and valid_to > ${moment} and ${sight.versions}`;
}
