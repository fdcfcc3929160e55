-- What this installation was asked to show, and the steps of it that are done.
create table choice (
  single boolean primary key default true check (single),
  demo text not null,
  chosen_at timestamptz not null
);
create table step (
  name text primary key,
  done_at timestamptz not null
);
