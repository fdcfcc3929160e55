-- What was said before a change set that can be taken back (an import, a bulk edit, a stocktake, a revert) said otherwise (ADR 0049): once for each link, the
-- first before wins.
create table word_before (
  change_set_id uuid not null,
  source text not null,
  key text not null,
  -- The item that the key stands for since, and the one that it left for that.
  item_id uuid not null,
  left_item_id uuid,
  -- The link as it was; null: there was none.
  link jsonb,
  -- Attributes that the item had by nobody's word.
  unowned text[] not null,
  -- Of the link as the change set left it, 0: it took it away. At any other revision it was said anew since.
  revision int not null,
  taken_back boolean not null default false,
  primary key (change_set_id, source, key)
);
create index word_before_item on word_before (change_set_id, item_id);
create index word_before_left on word_before (change_set_id, left_item_id) where left_item_id is not null;
create index word_before_left_to_do on word_before (change_set_id, item_id, source, key) where not taken_back;

create table relation_word_before (
  change_set_id uuid not null,
  source text not null,
  type text not null,
  from_key text not null,
  to_key text not null,
  -- The relation that the link stands for since.
  relation_id uuid,
  link jsonb,
  revision int not null,
  taken_back boolean not null default false,
  primary key (change_set_id, source, from_key, type, to_key)
);
create index relation_word_before_relation on relation_word_before (change_set_id, relation_id);
create index relation_word_before_left_to_do on relation_word_before (change_set_id) where not taken_back;

-- The change set whose record raised the question: with it, it goes.
alter table duplicate add column raised_by uuid;
create index duplicate_raised on duplicate (raised_by) where status = 'open' and raised_by is not null;

-- One change of many items, looked at before it is applied; its change set has its id.
create table bulk_edit (
  id uuid primary key,
  status text not null,
  title text not null,
  filter jsonb not null,
  changes jsonb not null,
  reason text,
  total int not null,
  -- How many of its items are dealt with in this status.
  done int not null,
  preview jsonb not null,
  applied jsonb not null,
  actor_id text not null,
  actor_name text not null,
  -- Who applied it, in whose name its items are changed.
  applied_by_id text,
  applied_by text,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index bulk_edit_created on bulk_edit (created_at, id);

-- The items that are meant, fixed when it is made.
create table bulk_edit_item (
  bulk_edit_id uuid not null,
  place int not null,
  item_id uuid not null,
  -- changed, unchanged, refused; null: not worked out yet.
  outcome text,
  version int,
  differences jsonb,
  reasons jsonb,
  -- What it would be recognised by that it is not now: two items of one edit cannot both be.
  claims text[],
  changed_since boolean not null default false,
  primary key (bulk_edit_id, place)
);
create index bulk_edit_item_outcome on bulk_edit_item (bulk_edit_id, outcome, place);
create index bulk_edit_item_claims on bulk_edit_item (bulk_edit_id, place) where claims is not null;

-- Physical inventory; its change set has its id.
create table stocktake (
  id uuid primary key,
  title text not null,
  status text not null,
  filter jsonb not null,
  -- The site where it is counted.
  place text,
  reason text,
  expected int not null,
  found int not null,
  elsewhere int not null,
  unexpected int not null,
  unknown int not null,
  -- What becomes of the differences; there when it was closed.
  settlement jsonb,
  -- The last item that was dealt with in this status, and how many were.
  last_item uuid,
  done int not null,
  preview jsonb not null,
  applied jsonb not null,
  actor_id text not null,
  actor_name text not null,
  applied_by_id text,
  applied_by text,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index stocktake_created on stocktake (created_at, id);

-- Items that should be there, fixed when it is opened, and known ones that were scanned beside them.
create table stocktake_item (
  stocktake_id uuid not null,
  item_id uuid not null,
  expected boolean not null,
  -- The site that it was kept at.
  kept_at text,
  -- missing: not scanned yet.
  outcome text not null,
  -- Of the scan that counts: the latest.
  place text,
  condition text,
  scanned_at timestamptz,
  scanned_by text,
  revision int not null,
  -- What will become of it, or has.
  fate text,
  version int,
  differences jsonb,
  reasons jsonb,
  changed_since boolean not null default false,
  primary key (stocktake_id, item_id)
);
create index stocktake_item_outcome on stocktake_item (stocktake_id, outcome, item_id);

create table stocktake_scan (
  stocktake_id uuid not null,
  -- Chosen by the device, so that a scan may be sent again.
  scan_id text not null,
  seq bigint generated always as identity,
  code text not null,
  outcome text not null,
  item_id uuid,
  recognised_by text,
  repeated boolean not null,
  candidates uuid[] not null,
  place text,
  condition text,
  note text,
  scanned_at timestamptz not null,
  actor_id text not null,
  actor_name text not null,
  primary key (stocktake_id, scan_id)
);
create index stocktake_scan_outcome on stocktake_scan (stocktake_id, outcome, seq);
create index stocktake_scan_seq on stocktake_scan (stocktake_id, seq);

-- A serial number is looked up without its maker when it is scanned.
create index item_identifier_first_part on item_identifier (split_part(value, '|', 1), scheme) where value like '%|%';
