import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Span } from '../domain/comparison/read-question.ts';
import type { Sight } from '../rights/rights.ts';

/** The relations with one of these items at an end that were changed after `from`, those that have ended too, as rows of id and updated_at. */
export function selectChangedRelations(itemIds: readonly string[], from: number): Statement {
  const since = new Date(from);
  return sql`select id, updated_at from relation where from_id = any(${itemIds}::uuid[]) and updated_at > ${since}
    union select id, updated_at from relation where to_id = any(${itemIds}::uuid[]) and state = 'active' and updated_at > ${since}
    union select r.id, r.updated_at from relation_version v join relation r on r.id = v.relation_id where v.to_id = any(${itemIds}::uuid[]) and v.valid_to > ${since}`;
}

/** What became of these relations, as `judgeAll` takes it: of those that were changed in between. */
export function judgeRelations(ids: readonly string[], span: Span, sight: Sight): Statement {
  const [from, to] = [new Date(span.from), new Date(span.to)];
  const versionAt = (at: Date) =>
    sql`select version, valid_from, state, source from relation_version where relation_id = relation.id and valid_from <= ${at} and valid_to > ${at}`;
  return sql`select relation.id, after.valid_from as at, before.version as from_version, after.version as to_version,
      coalesce(${sight.relations}, false) as is_visible,
      case when after.state = 'active' and before.state is distinct from 'active' then 'added'
        when after.state <> 'active' and before.state = 'active' then 'removed'
        when after.state = 'active' and after.source <> before.source then 'changed' end as change
    from unnest(${ids}::uuid[]) as asked(id) join relation on relation.id = asked.id
      left join lateral (${versionAt(from)}) before on true
      join lateral (select relation.version, relation.updated_at as valid_from, relation.state, relation.source where relation.updated_at <= ${to}
        union all ${versionAt(to)}) after on true
    where relation.updated_at > ${from} and after.valid_from > ${from}`;
}
