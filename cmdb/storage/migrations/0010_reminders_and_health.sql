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
