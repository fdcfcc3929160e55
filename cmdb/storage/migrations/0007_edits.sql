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
create index word_before_left_to_do on word_before (change_set_id) where not taken_back;

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
