-- What people set in this service, in versions (platform/definitions). A version that was published is never changed.
create table definition_version (
  kind text not null,
  name text not null,
  version int not null,
  -- As it was written: `json` keeps the order of its keys.
  content json not null,
  comment text,
  rolled_back_to int,
  published_at timestamptz not null,
  actor_id text not null,
  actor_name text not null,
  primary key (kind, name, version)
);

create table definition_draft (
  kind text not null,
  name text not null,
  -- The version that it was made from; 0 when the definition is new.
  base int not null,
  content json not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by text not null,
  primary key (kind, name)
);
