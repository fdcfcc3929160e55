-- Every version of the model that was published; the newest holds. `json` and not `jsonb` keeps attributes in the order in which people wrote them.
create table model_version (
  version int primary key,
  definition json not null,
  migrations json not null,
  note text,
  published_at timestamptz not null,
  actor_id text not null,
  actor_name text not null,
  trace_id text,
  -- Items follow after the publication; null until all have.
  migrated_at timestamptz,
  migrated_items int not null default 0
);
create index model_version_migrating on model_version (version) where migrated_at is null;

create table model_draft (
  id uuid primary key,
  base int not null,
  definition json not null,
  migrations json not null,
  note text,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by text not null
);
create index model_draft_updated on model_draft (updated_at, id);

-- The last test of each draft, and how far it is.
create table model_test (
  draft_id uuid primary key references model_draft on delete cascade,
  draft_version int not null,
  base int not null,
  -- items, relations, crowds, done
  phase text not null,
  -- The last item or relation that was looked at in this phase.
  place uuid not null,
  total int not null,
  checked int not null,
  findings jsonb not null,
  started_at timestamptz not null,
  finished_at timestamptz
);
create index model_test_running on model_test (started_at) where phase <> 'done';

-- The models that came with programs that ran here, so that a newer one is proposed once.
create table model_shipped (
  hash text primary key,
  definition json not null,
  seen_at timestamptz not null
);
