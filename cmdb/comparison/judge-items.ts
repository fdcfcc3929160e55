import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Span } from '../domain/comparison/read-question.ts';
import type { Sight } from '../rights/rights.ts';

/** What became of these items, as `judgeAll` takes it: of those that were changed in between. An item that is out of use is not there. */
export function judgeItems(ids: readonly string[], span: Span, sight: Sight): Statement {
  const [from, to] = [new Date(span.from), new Date(span.to)];
  const facts = sql`version, valid_from, state, class, name, attributes, lookups, ${sight.versions} as is_visible`;
  return sql`select item.id, after.valid_from as at, before.version as from_version, after.version as to_version,
      coalesce(${sight.items()} and after.is_visible and (before.version is null or before.is_visible), false) as is_visible,
      case when after.state = 'active' and before.state is distinct from 'active' then 'added'
        when after.state <> 'active' and before.state = 'active' then 'removed'
        when after.state = 'active' and (after.class, after.name, after.attributes, after.lookups)
          is distinct from (before.class, before.name, before.attributes, before.lookups) then 'changed' end as change
    from unnest(${ids}::uuid[]) as asked(id) join item on item.id = asked.id
      left join lateral (select ${facts} from item_version where item_id = item.id and valid_from <= ${from} and valid_to > ${from}) before on true
      join lateral (select item.version, item.updated_at as valid_from, item.state, item.class, item.name, item.attributes, item.lookups, true as is_visible
          where item.updated_at <= ${to}
        union all select ${facts} from item_version where item_id = item.id and valid_from <= ${to} and valid_to > ${to}) after on true
    where item.updated_at > ${from} and after.valid_from > ${from}`;
}
