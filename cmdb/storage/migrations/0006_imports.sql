-- Lists of people (Excel, CSV): the file as it came, what it was taken for, and what became of each row.
create table import (
  -- Also the id of its change set.
  id uuid primary key,
  status text not null,
  file_name text not null,
  bytes bigint not null,
  -- Whose word the rows are, and under which name.
  source text not null,
  principal jsonb not null,
  reason text,
  -- How it is read: what a person said or the guess, and what the survey of the file told.
  class text,
  sheet text,
  header_row int,
  zone text not null,
  survey jsonb not null,
  -- Why it cannot be read, or went no further.
  refusal jsonb,
  -- Rows are carried out pass after pass (a check, its repetition, the taking in), and a pass from the first row on.
  pass int not null,
  -- The last row of the sheet that this pass has done, and how many it has.
  last_row int not null,
  rows_done int not null,
  rows_in_all int not null,
  -- By fate.
  counts jsonb not null,
  -- Who carries it out, and until when others leave it alone.
  worker uuid,
  held_until timestamptz,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  finished_at timestamptz
);
create index import_created on import (created_at, id);
create index import_at_work on import (created_at) where status in ('checking', 'applying');

create table import_chunk (
  import_id uuid not null,
  place int not null,
  bytes bytea not null,
  primary key (import_id, place)
);
-- Packed already, or read once: packing it again costs more than it saves.
alter table import_chunk alter column bytes set storage external;

create table import_row (
  import_id uuid not null,
  pass int not null,
  row int not null,
  fate text not null,
  item_id uuid,
  -- { key, name, of, reasons, changes, kept }
  told jsonb not null,
  primary key (import_id, pass, row)
);
create index import_row_fate on import_row (import_id, pass, fate, row);
