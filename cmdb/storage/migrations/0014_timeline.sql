-- What other services told of items, in their own words: one row for each event and item. What the CMDB knows itself is not copied.
create table timeline_entry (
  item_id uuid not null,
  -- When it was so, and not when it was heard.
  at timestamptz not null,
  -- Full name of the event: the contract says of what kind it is, what words make its line, and who may read it.
  type text collate "C" not null,
  event_id uuid not null,
  ref text not null,
  -- The values that the line takes from the event.
  words jsonb not null,
  person_id text,
  person_name text,
  severity text,
  -- Also the order of a page. An event says the same however often it comes, and so has one place.
  primary key (item_id, at, type, event_id)
);

-- Items are followed from what they went into back to what they were.
create index item_merged_into on item (merged_into) where merged_into is not null;

-- Versions of an item, and relations that began at it, in the order of time.
create index item_version_begun on item_version (item_id, valid_from);
create index relation_begun_from on relation (from_id, created_at);
create index relation_begun_to on relation (to_id, created_at);
