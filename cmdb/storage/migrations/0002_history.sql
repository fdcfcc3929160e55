-- What is so now says itself who made it so, when and why; the history holds only what has ended, by the time when it ended, so that
-- old parts of it can be dropped whole (ADR 0038).
alter table item
  add column actor_id text not null default '',
  add column actor_name text not null default '',
  add column trace_id text,
  add column change_set_id uuid,
  -- The change or ticket that justified it, or words.
  add column reason text,
  add column unauthorised boolean not null default false;
update item i set actor_id = v.actor_id, actor_name = v.actor_name, trace_id = v.trace_id
  from item_version v where v.item_id = i.id and v.version = i.version;
create index item_change_set on item (change_set_id, id) where change_set_id is not null;
create index item_unauthorised on item (updated_at, id) where unauthorised;

alter table relation
  add column actor_id text not null default '',
  add column actor_name text not null default '',
  add column trace_id text,
  add column change_set_id uuid,
  add column reason text,
  add column unauthorised boolean not null default false;
update relation r set actor_id = v.actor_id, actor_name = v.actor_name, trace_id = v.trace_id
  from relation_version v where v.relation_id = r.id and v.version = r.version;
create index relation_change_set on relation (change_set_id, id) where change_set_id is not null;

alter table item_version rename to item_version_before;
alter table relation_version rename to relation_version_before;

create table item_version (
  item_id uuid not null,
  version int not null,
  valid_from timestamptz not null,
  valid_to timestamptz not null,
  class text not null,
  name text not null,
  attributes jsonb not null,
  lookups text[] not null,
  state text not null,
  actor_id text not null,
  actor_name text not null,
  trace_id text,
  change_set_id uuid,
  reason text,
  unauthorised boolean not null
) partition by range (valid_to);
create index item_version_of on item_version (item_id, version);
create index item_version_change_set on item_version (change_set_id, item_id) where change_set_id is not null;

create table relation_version (
  relation_id uuid not null,
  version int not null,
  valid_from timestamptz not null,
  valid_to timestamptz not null,
  from_id uuid not null,
  to_id uuid not null,
  source text not null,
  state text not null,
  actor_id text not null,
  actor_name text not null,
  trace_id text,
  change_set_id uuid,
  reason text,
  unauthorised boolean not null
) partition by range (valid_to);
create index relation_version_of on relation_version (relation_id, version);
create index relation_version_from on relation_version (from_id, valid_to);
create index relation_version_to on relation_version (to_id, valid_to);
create index relation_version_change_set on relation_version (change_set_id, relation_id) where change_set_id is not null;

-- Everything that ended before the first year of its own; years to come are added by the service (history/keep-history.ts).
create table item_version_before_2024 partition of item_version for values from (minvalue) to ('2024-01-01Z');
create table relation_version_before_2024 partition of relation_version for values from (minvalue) to ('2024-01-01Z');
do $$ begin
  for year in 2024..2027 loop
    execute format('create table item_version_%s partition of item_version for values from (%L) to (%L)', year, year || '-01-01Z', (year + 1) || '-01-01Z');
    execute format('create table relation_version_%s partition of relation_version for values from (%L) to (%L)', year, year || '-01-01Z', (year + 1) || '-01-01Z');
  end loop;
end $$;

insert into item_version (item_id, version, valid_from, valid_to, class, name, attributes, lookups, state, actor_id, actor_name, trace_id, unauthorised)
  select item_id, version, valid_from, valid_to, class, name, attributes, lookups, state, actor_id, actor_name, trace_id, false
  from item_version_before where valid_to is not null;
insert into relation_version (relation_id, version, valid_from, valid_to, from_id, to_id, source, state, actor_id, actor_name, trace_id, unauthorised)
  select relation_id, v.version, valid_from, valid_to, from_id, to_id, v.source, v.state, v.actor_id, v.actor_name, v.trace_id, false
  from relation_version_before v join relation r on r.id = v.relation_id where valid_to is not null;
drop table item_version_before;
drop table relation_version_before;

-- Many changes that are one to people: an import, a bulk edit, a merge, what undoes one of them.
create table change_set (
  id uuid primary key,
  kind text not null,
  title text not null,
  status text not null,
  actor_id text not null,
  actor_name text not null,
  trace_id text,
  reason text,
  -- The change set that this one takes back.
  reverts uuid,
  reverted_by uuid,
  -- What became of it, as counts by outcome.
  counts jsonb not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index change_set_created on change_set (created_at, id);

-- Entries of a change set that could not be taken back, because somebody changed the same since.
create table revert_conflict (
  change_set_id uuid not null,
  entry_id uuid not null,
  kind text not null,
  detail text not null,
  primary key (change_set_id, entry_id)
);
