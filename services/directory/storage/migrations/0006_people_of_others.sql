alter table person
  add column merged_into_id uuid references person,
  add column erased_at timestamptz;
create index person_merged on person (merged_into_id) where merged_into_id is not null;

-- Whom an import named as somebody's manager and who is not known yet.
create table awaited_manager (
  person_id uuid primary key references person,
  system text not null,
  external_id text not null
);
create index awaited_manager_by_reference on awaited_manager (system, external_id);

-- What a merge of two people changed in which records, so that it can be taken back: [{kind, id, changes: [{field, before, after}]}].
create table person_merge (
  id uuid primary key,
  kept_id uuid not null references person,
  gone_id uuid not null references person,
  reason text,
  merged_at timestamptz not null,
  merged_by text not null,
  actor_id text not null,
  undone_at timestamptz,
  changed jsonb not null,
  account_ids uuid[] not null
);
create index person_merge_by_kept on person_merge (kept_id, id);
create index person_merge_by_gone on person_merge (gone_id, id);

-- Who had to do with the personal data of whom.
create table personal_data_access (
  id uuid primary key,
  person_id uuid not null references person,
  at timestamptz not null,
  actor_id text not null,
  actor_name text not null,
  action text not null,
  reason text
);
create index personal_data_access_by_person on personal_data_access (person_id, id desc);

-- What an erasure must find: all that somebody wrote, and all who reported to them, lead or stand in.
create index record_history_by_actor on record_history (actor_id);
create index blacklist_entry_by_overriding on blacklist_entry using gin (override_person_ids) where override_person_ids <> '{}';
