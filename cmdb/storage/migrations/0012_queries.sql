-- Filters of items that people keep under a name.
create table saved_query (
  id uuid primary key,
  owner_id text not null,
  owner_name text not null,
  name text not null,
  filter jsonb not null,
  sort text,
  columns text[] not null,
  -- private, everyone
  shared text not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint saved_query_name unique (owner_id, name)
);
create index saved_query_shared on saved_query (name, id) where shared = 'everyone';
