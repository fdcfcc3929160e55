create table item (
  id uuid primary key,
  source text not null,
  key text not null,
  class text not null,
  name text not null,
  attributes jsonb not null,
  lookups text[] not null,
  state text not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- Name, key and lookups in lower case, for parts of words; the same as words in any form.
  search text not null,
  words tsvector generated always as (to_tsvector('russian', search) || to_tsvector('english', search)) stored,
  constraint item_identity unique (source, key)
);
create index item_name on item (state, name, id);
create index item_class on item (class, state, name, id);
create index item_updated on item (state, updated_at, id);
create index item_search on item using gin (search gin_trgm_ops);
create index item_words on item using gin (words);

-- Every version that an item ever had; the one that is now has no valid_to.
create table item_version (
  item_id uuid not null,
  version int not null,
  valid_from timestamptz not null,
  valid_to timestamptz,
  class text not null,
  name text not null,
  attributes jsonb not null,
  lookups text[] not null,
  state text not null,
  actor_id text not null,
  actor_name text not null,
  trace_id text,
  primary key (item_id, version)
);

-- The names under which active items are found, normalised.
create table item_lookup (
  value text not null,
  item_id uuid not null,
  own_name boolean not null,
  primary key (value, item_id)
);

-- A removed relation keeps its row: its version goes on from there when it comes back.
create table relation (
  id uuid primary key,
  type text not null,
  from_id uuid not null,
  to_id uuid not null,
  source text not null,
  state text not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
-- Both are also the edges of the graph, walked without touching the table.
create unique index relation_identity on relation (from_id, type, to_id) include (state);
create index relation_incoming on relation (to_id, type, from_id) where state = 'active';

create table relation_version (
  relation_id uuid not null,
  version int not null,
  valid_from timestamptz not null,
  valid_to timestamptz,
  source text not null,
  state text not null,
  actor_id text not null,
  actor_name text not null,
  trace_id text,
  primary key (relation_id, version)
);
