-- An item is what its sources say of it together (ADR 0039). Its source and key are those that named it first.
alter table item
  -- Attribute (or `name`) -> whose word it is and since when.
  add column provenance jsonb not null default '{}',
  -- Rises with everything that is written of it, also when a source's new word changes nothing: who decides on all words writes only if none came between.
  add column revision int not null default 0,
  -- The item that it went into.
  add column merged_into uuid;
alter table item drop constraint item_identity;
alter table item_version add column provenance jsonb not null default '{}';

-- What each source says, under each of its keys, and which item that is about.
create table item_link (
  seq bigint generated always as identity,
  source text not null,
  key text not null,
  item_id uuid not null,
  -- Of the record as it came, for telling quickly that nothing changed.
  hash bytea not null,
  -- { class, name, attributes, lookups, identifiers }
  said jsonb not null,
  -- A part of it is a question for a person.
  contested boolean not null,
  -- From this moment on the same record may mean something else, because another source has been silent for too long.
  recheck_at timestamptz,
  said_at timestamptz not null,
  missing_since timestamptz,
  gone_at timestamptz,
  -- The key of the same source that took its place.
  moved_to text,
  revision int not null,
  primary key (source, key),
  constraint item_link_seq unique (seq)
);
create index item_link_item on item_link (item_id);
create index item_link_missing on item_link (source, missing_since) where missing_since is not null and gone_at is null;

-- The items of which an identifier is said: by one that several have, none of them can be told. It is one row, so that of two who claim it at once one loses.
create table item_identifier (
  scheme text not null,
  value text not null,
  item_ids uuid[] not null,
  primary key (scheme, value)
);

-- What each source says of relations, by its own keys; without a relation until both ends are known.
create table relation_link (
  seq bigint generated always as identity,
  source text not null,
  type text not null,
  from_key text not null,
  to_key text not null,
  relation_id uuid,
  missing_since timestamptz,
  gone_at timestamptz,
  revision int not null,
  primary key (source, from_key, type, to_key),
  constraint relation_link_seq unique (seq)
);
create index relation_link_relation on relation_link (relation_id);
create index relation_link_from on relation_link (source, from_key) where relation_id is null and gone_at is null;
create index relation_link_to on relation_link (source, to_key) where relation_id is null and gone_at is null;
create index relation_link_missing on relation_link (source, missing_since) where missing_since is not null and gone_at is null;

create table source (
  name text primary key,
  grace interval not null,
  most_retired float8 not null,
  -- The beginning of its last complete snapshot: then it spoke of everything that it knew.
  heard_at timestamptz,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- Its change set has the same id.
create table source_run (
  id uuid primary key,
  source text not null,
  status text not null,
  -- Links that are younger than these came while it was under way.
  item_seq bigint not null,
  relation_seq bigint not null,
  received int not null,
  counts jsonb not null,
  would_retire int,
  known int,
  confirmed_by text,
  actor_id text not null,
  actor_name text not null,
  reason text,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  completed_at timestamptz
);
create index source_run_created on source_run (source, created_at, id);
create unique index source_run_open on source_run (source) where status in ('receiving', 'held', 'completing');

-- Which links a snapshot has named: 8192 of them, by their seq, in each row.
create table run_seen (
  run_id uuid not null,
  kind text not null,
  chunk int not null,
  bits bit(8192) not null,
  primary key (run_id, kind, chunk)
);

-- Records that can only be decided when the snapshot has named everything.
create table run_postponed (
  run_id uuid not null,
  key text not null,
  record jsonb not null,
  primary key (run_id, key)
);

-- What of a run a person may want to see.
create table run_record (
  run_id uuid not null,
  key text not null,
  outcome text not null,
  item_id uuid,
  reasons jsonb not null,
  primary key (run_id, key)
);

-- A question for a person: are these one?
create table duplicate (
  id uuid primary key,
  status text not null,
  source text not null,
  key text not null,
  -- The record that raised the question, to be written once it is answered.
  hash bytea not null,
  said jsonb not null,
  items uuid[] not null,
  why text not null,
  evidence jsonb not null,
  reasons jsonb not null,
  decided_by text,
  -- The change set of the merge.
  change_set_id uuid,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index duplicate_open on duplicate (source, key, items) where status = 'open';
create index duplicate_created on duplicate (status, created_at, id);

-- What a merge moved, so that it can be taken back; its change set has the same id.
create table item_merge (
  id uuid primary key,
  winner_id uuid not null,
  loser_id uuid not null,
  record jsonb not null,
  split_by uuid,
  created_at timestamptz not null
);

-- Until now an item was its source and key: that is its first link, and all of it is that source's word.
insert into item_link (source, key, item_id, hash, said, contested, said_at, revision)
  select source, key, id, '\x00', jsonb_build_object('class', class, 'name', name, 'attributes', attributes, 'lookups', to_jsonb(lookups), 'identifiers', '[]'::jsonb),
    false, updated_at, 1
  from item;
update item set provenance = (
  select coalesce(jsonb_object_agg(f.name, jsonb_build_object('source', item.source, 'key', item.key, 'at', (extract(epoch from item.updated_at) * 1000)::bigint)), '{}')
  from (select jsonb_object_keys(item.attributes) as name union select 'name') f);
insert into relation_link (source, type, from_key, to_key, relation_id, revision)
  select r.source, r.type, f.key, t.key, r.id, 1 from relation r
  join item f on f.id = r.from_id and f.source = r.source join item t on t.id = r.to_id and t.source = r.source where r.state = 'active';
