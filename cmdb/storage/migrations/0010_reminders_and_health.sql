-- Dates of items of which their classes remind, written with the item. Those of items that are out of use stay and are quiet, so that what was told of them is not told
-- again when they come back.
create table deadline (
  item_id uuid not null,
  attribute text not null,
  class text not null,
  support_team text,
  due_on date not null,
  -- The day on which it is to be told next; null: all is told.
  next_on date,
  is_quiet boolean not null,
  primary key (item_id, attribute)
);
create index deadline_class on deadline (class, due_on, item_id, attribute) where not is_quiet;
create index deadline_support_team on deadline (support_team, due_on, item_id, attribute) where not is_quiet and support_team is not null;
create index deadline_next on deadline (next_on, item_id, attribute) where not is_quiet and next_on is not null;

-- Measures of the whole inventory, one at a time; the last one of a day is what the day was.
create table health_run (
  id uuid primary key,
  day date not null,
  -- running, done
  status text not null,
  -- The last item that was looked at.
  place uuid not null,
  checked int not null,
  total int,
  started_at timestamptz not null,
  finished_at timestamptz
);
create unique index health_run_running on health_run (status) where status = 'running';
create index health_run_done on health_run (day, id) where status = 'done';

-- Counts of a run by class and source; the source '' is all of them, so that an item of two sources counts once.
create table health_measure (
  run_id uuid not null,
  class text not null,
  source text not null,
  items int not null,
  -- The sum of the shares of their attributes that are known.
  completeness float8 not null,
  incomplete int not null,
  stale int not null,
  orphan int not null,
  duplicate int not null,
  disposed int not null,
  unauthorised int not null,
  unowned int not null,
  primary key (run_id, class, source)
);

-- What the last run found of which item, for each of its sources. A run writes only what has changed.
create table health_finding (
  item_id uuid not null,
  kind text not null,
  source text not null,
  class text not null,
  primary key (item_id, kind, source)
);
create index health_finding_class on health_finding (kind, class, item_id);
create index health_finding_source on health_finding (kind, source, class, item_id);
