-- The lifecycle that it lives by; null is the one called as its type. `lifecycle_version` stays what it was: version 1 of the catalogue is what there was here.
alter table ticket add column lifecycle text;

-- What tickets knows of the catalogue's definitions, so that it decides without asking: a version never changes. It takes the place of table `lifecycle`,
-- which the program before this one reads, and which goes with a later release.
create table known_definition (
  kind text not null,
  name text not null,
  version int not null,
  content json not null,
  primary key (kind, name, version)
);

-- Running tickets on their way to another version of their lifecycle: how far each move is.
create table lifecycle_move (
  id uuid primary key,
  lifecycle text not null,
  to_version int not null,
  -- What becomes of statuses.
  statuses jsonb not null,
  state text not null,
  -- The last ticket that was looked at, in the order of ids.
  place uuid not null,
  moved int not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  actor_id text not null,
  actor_name text not null
);
create unique index lifecycle_move_running on lifecycle_move (lifecycle) where state = 'running';
