-- Versions are only ever added: the newest is what holds, the older ones are what running clocks are pinned to.
create table calendar (
  id uuid not null,
  version int not null,
  name text not null,
  -- Time zone, weekly hours, holidays, exceptions: as in the contract.
  rules jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by text not null,
  primary key (id, version)
);

create table definition (
  id uuid not null,
  version int not null,
  name text not null,
  condition text not null,
  rank int not null,
  -- Working time in milliseconds; null is no such promise.
  response_target bigint,
  resolution_target bigint,
  calendar_id uuid not null,
  active boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by text not null,
  primary key (id, version)
);

-- A ticket as its clocks know it, from its events.
create table ticket (
  id uuid primary key,
  number text not null,
  version int not null,
  -- Moment of the last fact.
  at timestamptz not null,
  phase text not null,
  responded boolean not null,
  facts jsonb not null,
  caller_id text generated always as (nullif(facts ->> 'callerId', '')) stored,
  -- The definition that holds, pinned.
  agreement jsonb
);
create index ticket_number on ticket (number);
create index ticket_caller on ticket (caller_id) where caller_id is not null;

-- A clock is its history, and is read by replaying it; the other columns are for finding it.
create table clock (
  ticket_id uuid not null,
  kind text not null,
  state text not null,
  -- 'infinity' while paused.
  deadline timestamptz not null,
  breached boolean not null,
  version int not null,
  history jsonb not null,
  updated_at timestamptz not null,
  primary key (ticket_id, kind)
);
create index clock_deadline on clock (deadline, ticket_id, kind);
create index clock_running on clock (deadline, ticket_id, kind) where state = 'running';
