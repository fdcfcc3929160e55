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
