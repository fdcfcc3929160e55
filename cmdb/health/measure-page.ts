import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { listHealthRules, listStalePeriods, usualPeriod } from '../domain/health/health-rules.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';

/**
 * Measures a run's next page of items, in one statement: their counts are added, what is found of them is kept, what is found no more goes, and the run moves on.
 * Gives how many there were; undefined when the run is over. What is asked of each item, it asks by an index; nothing is joined with a page but by it.
 */
export async function measurePage(
  database: Database,
  runId: string,
  model: CompiledModel,
  now: number,
  pageSize: number,
): Promise<number | undefined> {
  const rules = JSON.stringify(Object.fromEntries(listHealthRules(model).map(({ class: name, ...rule }) => [name, rule])));
  const periods = JSON.stringify(toPeriodsByClass(model));
  const [moved] = await database.query<{ looked: number }>(sql`
    with run as (select id, place from health_run where id = ${runId} and status = 'running' for update),
    page as materialized (select i.id, i.class, i.state, i.attributes, i.lifecycle_state, i.owner, i.support_team, i.unauthorised_since
      from item i where i.id > (select place from run) order by i.id limit ${pageSize}::int),
    asked as materialized (select unnest(items) as item_id from duplicate where status = 'open'),
    seen as (
      select p.*, w.sources, k.completeness, w.is_named, coalesce(w.is_stale, false) as stale,
        k.completeness < 0.5 or not p.attributes ?& coalesce(k.required, '{}') as incomplete,
        k.must_relate and not k.is_over and begins.one is null and ends.one is null as orphan, k.is_over
      from page p
        left join lateral (
          select array_agg(s.source) as sources, bool_or(s.is_named) as is_named,
            bool_and(s.heard_at <= ${new Date(now)}::timestamptz
              - coalesce((${periods}::jsonb -> p.class ->> s.source)::float8, ${usualPeriod}::float8) * interval '1 second') as is_stale
          from (select l.source, bool_or(l.missing_since is null) as is_named,
              max(greatest(l.said_at, case when l.missing_since is null then (select heard_at from source where name = l.source) end)) as heard_at
            from item_link l where l.item_id = p.id and l.gone_at is null and l.moved_to is null and l.source <> 'manual' group by l.source) s) w on true
        cross join lateral (select ${rules}::jsonb -> p.class as r offset 0) r
        cross join lateral (
          select coalesce((select avg(case when p.attributes ? m then 1.0 else 0 end)::float8 from jsonb_array_elements_text(r.r -> 'measured') m), 1) as completeness,
            array(select jsonb_array_elements_text(r.r -> 'required')) as required,
            coalesce((r.r ->> 'mustRelate')::boolean and (p.lifecycle_state is null or r.r -> 'usedStates' ? p.lifecycle_state), false) as must_relate,
            coalesce(r.r -> 'endedStates' ? p.lifecycle_state, false) as is_over offset 0) k
        left join lateral (select 1 as one from relation o where o.from_id = p.id and o.state = 'active' order by o.type limit 1) begins on k.must_relate
        left join lateral (select 1 as one from relation o where o.to_id = p.id and o.state = 'active' order by o.type limit 1) ends on k.must_relate),
    judged as materialized (
      select id, class, state = 'active' as is_used, coalesce(sources, array['manual']) as sources, completeness,
        case when state = 'active' then array_remove(array[case when incomplete then 'incomplete' end, case when stale then 'stale' end, case when orphan then 'orphan' end,
          case when id in (select item_id from asked) then 'duplicate' end, case when is_named and is_over then 'disposed' end,
          case when unauthorised_since is not null then 'unauthorised' end, case when owner is null or support_team is null then 'unowned' end], null)
        else '{}' end as kinds from seen),
    counted as (
      insert into health_measure (run_id, class, source, items, completeness, incomplete, stale, orphan, duplicate, disposed, unauthorised, unowned)
      select ${runId}::uuid, class, source, count(*), sum(completeness), count(*) filter (where 'incomplete' = any(kinds)), count(*) filter (where 'stale' = any(kinds)),
        count(*) filter (where 'orphan' = any(kinds)), count(*) filter (where 'duplicate' = any(kinds)), count(*) filter (where 'disposed' = any(kinds)),
        count(*) filter (where 'unauthorised' = any(kinds)), count(*) filter (where 'unowned' = any(kinds))
      from judged cross join lateral unnest(array_append(sources, '')) source where is_used group by class, source
      on conflict (run_id, class, source) do update set items = health_measure.items + excluded.items,
        completeness = health_measure.completeness + excluded.completeness, incomplete = health_measure.incomplete + excluded.incomplete,
        stale = health_measure.stale + excluded.stale, orphan = health_measure.orphan + excluded.orphan, duplicate = health_measure.duplicate + excluded.duplicate,
        disposed = health_measure.disposed + excluded.disposed, unauthorised = health_measure.unauthorised + excluded.unauthorised,
        unowned = health_measure.unowned + excluded.unowned),
    found as (
      insert into health_finding (item_id, kind, source, class)
      select id, kind, source, class from judged cross join lateral unnest(kinds) kind cross join lateral unnest(sources) source
      on conflict (item_id, kind, source) do update set class = excluded.class where health_finding.class <> excluded.class),
    healed as (
      delete from health_finding f using judged j where f.item_id = j.id and not (f.kind = any(j.kinds) and f.source = any(j.sources)))
    update health_run h set place = coalesce((select id from page order by id desc limit 1), h.place), checked = h.checked + (select count(*) from page)::int,
      total = coalesce(h.total, (select count(*) from item)::int)
    from run where h.id = run.id returning (select count(*) from page)::int as looked`);
  return moved?.looked;
}

function toPeriodsByClass(model: CompiledModel): Record<string, Record<string, number>> {
  const periods: Record<string, Record<string, number>> = {};
  for (const { class: name, source, seconds } of listStalePeriods(model)) periods[name] = { ...periods[name], [source]: seconds };
  return periods;
}
