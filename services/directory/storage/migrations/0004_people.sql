-- The directory's records are alike: id, version, times, `search` (folded words that services/directory/records writes) and their own fields.
-- Nothing is ever deleted: what is over is not active, so a reference to it stays good.

create table organization (
  id uuid primary key,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  kind text not null,
  parent_id uuid references organization,
  regions text[] not null,
  skills jsonb not null,
  note text,
  active boolean not null,
  external_references jsonb not null,
  search text not null,
  sort_name text not null generated always as (lower(name)) stored,
  words tsvector not null generated always as (to_tsvector('russian', search) || to_tsvector('english', search) || to_tsvector('simple', search)) stored
);
create index organization_by_name on organization (sort_name, id);
create index organization_by_parent on organization (parent_id, sort_name, id);
create index organization_words on organization using gin (words);

create table legal_entity (
  id uuid primary key,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  organization_id uuid not null references organization,
  inn text,
  kpp text,
  ogrn text,
  address text,
  bank_accounts jsonb not null,
  active boolean not null,
  external_references jsonb not null,
  search text not null,
  sort_name text not null generated always as (lower(name)) stored,
  words tsvector not null generated always as (to_tsvector('russian', search) || to_tsvector('english', search) || to_tsvector('simple', search)) stored
);
create index legal_entity_by_name on legal_entity (sort_name, id);
create index legal_entity_by_organization on legal_entity (organization_id, sort_name, id);
create index legal_entity_by_inn on legal_entity (inn);
create index legal_entity_by_ogrn on legal_entity (ogrn);
create index legal_entity_words on legal_entity using gin (words);

create table site (
  id uuid primary key,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  organization_id uuid not null references organization,
  address text,
  region text,
  latitude double precision,
  longitude double precision,
  time_zone text not null,
  active boolean not null,
  external_references jsonb not null,
  search text not null,
  sort_name text not null generated always as (lower(name)) stored,
  words tsvector not null generated always as (to_tsvector('russian', search) || to_tsvector('english', search) || to_tsvector('simple', search)) stored
);
create index site_by_name on site (sort_name, id);
create index site_by_organization on site (organization_id, sort_name, id);
create index site_words on site using gin (words);

create table skill (
  id uuid primary key,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  name_en text,
  description text,
  active boolean not null,
  external_references jsonb not null,
  search text not null,
  sort_name text not null generated always as (lower(name)) stored,
  words tsvector not null generated always as (to_tsvector('russian', search) || to_tsvector('english', search) || to_tsvector('simple', search)) stored
);
create index skill_by_name on skill (sort_name, id);
create index skill_words on skill using gin (words);

-- The ids that stand under `key` in a list of objects: for generated columns, which an index then finds rows by.
create function ids_of(list jsonb, key text) returns uuid[] language sql immutable parallel safe
  return coalesce((select array_agg((entry ->> key)::uuid) from jsonb_array_elements(list) entry), '{}');

create table department (
  id uuid primary key,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  organization_id uuid not null references organization,
  parent_id uuid references department,
  manager_id uuid,
  code text,
  active boolean not null,
  external_references jsonb not null,
  search text not null,
  sort_name text not null generated always as (lower(name)) stored,
  words tsvector not null generated always as (to_tsvector('russian', search) || to_tsvector('english', search) || to_tsvector('simple', search)) stored
);
create index department_by_name on department (sort_name, id);
create index department_by_organization on department (organization_id, sort_name, id);
create index department_by_parent on department (parent_id, sort_name, id);
create index department_by_manager on department (manager_id, sort_name, id);
create index department_words on department using gin (words);

create table person (
  id uuid primary key,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  family_name text,
  given_name text,
  middle_name text,
  position text,
  employee_number text,
  organization_id uuid references organization,
  department_id uuid references department,
  site_id uuid references site,
  manager_id uuid references person,
  contacts jsonb not null,
  time_zone text,
  locale text,
  vip boolean not null,
  skills jsonb not null,
  active boolean not null,
  external_references jsonb not null,
  search text not null,
  sort_name text not null generated always as (lower(name)) stored,
  words tsvector not null generated always as (to_tsvector('russian', search) || to_tsvector('english', search) || to_tsvector('simple', search)) stored,
  skill_ids uuid[] not null generated always as (ids_of(skills, 'skillId')) stored
);
create index person_by_name on person (sort_name, id);
create index person_by_organization on person (organization_id, sort_name, id);
create index person_by_department on person (department_id, sort_name, id);
create index person_by_site on person (site_id, sort_name, id);
create index person_by_manager on person (manager_id, sort_name, id);
create index person_words on person using gin (words);
create index person_skills on person using gin (skill_ids) where skill_ids <> '{}';
create index person_contacts on person using gin (contacts jsonb_path_ops);
create index person_vip on person (sort_name, id) where vip;
create index person_created on person (created_at, id);
create index person_updated on person (updated_at, id);

alter table department add foreign key (manager_id) references person;

create table team (
  id uuid primary key,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  line int,
  organization_id uuid references organization,
  description text,
  email text,
  members jsonb not null,
  skills jsonb not null,
  active boolean not null,
  external_references jsonb not null,
  search text not null,
  sort_name text not null generated always as (lower(name)) stored,
  words tsvector not null generated always as (to_tsvector('russian', search) || to_tsvector('english', search) || to_tsvector('simple', search)) stored,
  member_ids uuid[] not null generated always as (ids_of(members, 'personId')) stored
);
create index team_by_name on team (sort_name, id);
create index team_members on team using gin (member_ids);
create index team_words on team using gin (words);

-- Who is who in other systems: of one kind, a system's id is one record.
create table external_reference (
  kind text not null,
  system text not null,
  external_id text not null,
  record_id uuid not null,
  primary key (kind, system, external_id)
);
create index external_reference_by_record on external_reference (record_id);

-- What became of the records: a row a change.
create table record_history (
  id uuid primary key,
  kind text not null,
  record_id uuid not null,
  at timestamptz not null,
  action text not null,
  actor_id text not null,
  actor_name text not null,
  changes jsonb not null,
  trace_id text
);
create index record_history_by_record on record_history (record_id, id desc);

-- Whoever hangs something elsewhere in a tree (departments, managers) counts up its version: two such changes at once could close a ring that neither sees.
create table tree (
  kind text primary key,
  version int not null
);
insert into tree (kind, version) values ('organization', 0), ('department', 0), ('person', 0);

alter table account add column person_id uuid references person;
create index account_by_person on account (person_id) where person_id is not null;
