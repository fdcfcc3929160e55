create table work_schedule (
  id uuid primary key,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  time_zone text not null,
  cycle_start date not null,
  days jsonb not null,
  exceptions jsonb not null,
  active boolean not null,
  external_references jsonb not null,
  search text not null,
  sort_name text not null generated always as (lower(name)) stored,
  words tsvector not null generated always as (to_tsvector('russian', search) || to_tsvector('english', search) || to_tsvector('simple', search)) stored
);
create index work_schedule_by_name on work_schedule (sort_name, id);
create index work_schedule_words on work_schedule using gin (words);

alter table person add column schedule_id uuid references work_schedule;
create index person_by_schedule on person (schedule_id, sort_name, id) where schedule_id is not null;

create table absence (
  id uuid primary key,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  person_id uuid not null references person,
  kind text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  deputy_id uuid references person,
  comment text,
  active boolean not null,
  external_references jsonb not null,
  search text not null,
  words tsvector not null generated always as (to_tsvector('russian', search) || to_tsvector('english', search) || to_tsvector('simple', search)) stored
);
create index absence_by_start on absence (starts_at, id);
create index absence_by_person on absence (person_id, starts_at, id);
create index absence_by_deputy on absence (deputy_id, starts_at, id) where deputy_id is not null;
create index absence_words on absence using gin (words);

create table agreement (
  id uuid primary key,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  number text,
  contractor_id uuid not null references organization,
  customer_id uuid references organization,
  starts_on date not null,
  ends_on date,
  regions text[] not null,
  work_kinds text[] not null,
  note text,
  active boolean not null,
  external_references jsonb not null,
  search text not null,
  sort_name text not null generated always as (lower(name)) stored,
  words tsvector not null generated always as (to_tsvector('russian', search) || to_tsvector('english', search) || to_tsvector('simple', search)) stored
);
create index agreement_by_name on agreement (sort_name, id);
create index agreement_by_contractor on agreement (contractor_id, sort_name, id);
create index agreement_words on agreement using gin (words);

create table blacklist_entry (
  id uuid primary key,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  contractor_id uuid not null references organization,
  scope text not null,
  customer_id uuid references organization,
  region text,
  work_kind text,
  reason text not null,
  evidence text[] not null,
  starts_at timestamptz not null,
  ends_at timestamptz,
  override_roles text[] not null,
  override_person_ids uuid[] not null,
  active boolean not null,
  external_references jsonb not null,
  search text not null,
  words tsvector not null generated always as (to_tsvector('russian', search) || to_tsvector('english', search) || to_tsvector('simple', search)) stored
);
create index blacklist_entry_by_start on blacklist_entry (starts_at, id);
create index blacklist_entry_by_contractor on blacklist_entry (contractor_id, starts_at, id);
create index blacklist_entry_words on blacklist_entry using gin (words);
