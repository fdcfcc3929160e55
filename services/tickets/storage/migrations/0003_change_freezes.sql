create table change_freeze (
  id uuid primary key,
  name text not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  scope jsonb not null,
  reason text,
  exemption jsonb,
  -- When it was ended before its time.
  ended_at timestamptz,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by text not null
);
create index change_freeze_from on change_freeze (from_at, id);
create index change_freeze_to on change_freeze (to_at);
