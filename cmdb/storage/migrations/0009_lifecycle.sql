-- Where in its life an item is, as lists and health ask for it; the attribute of the same name is what is written. What most items are in is found by the
-- other indexes, and what few are in by this one.
alter table item
  add column lifecycle_state text generated always as (attributes ->> 'lifecycleState') stored,
  -- Since when something is so of it that was changed without an approved change, and that nobody has approved since; `unauthorised` is about the one version.
  add column unauthorised_since timestamptz;
create index item_lifecycle_state on item (lifecycle_state, state, name, id) where lifecycle_state <> 'in_use';
drop index item_unauthorised;
create index item_unauthorised on item (unauthorised_since, id) where unauthorised_since is not null;
create index relation_unauthorised on relation (id) where unauthorised;

-- Change tickets as far as they justify what is changed here.
create table change_ticket (
  id uuid primary key,
  number text not null,
  -- The items that it is about; empty: it says of none.
  items uuid[] not null,
  -- It is approved and being carried out.
  is_open boolean not null,
  -- Of the ticket: what is older tells nothing new.
  version int not null
);
create unique index change_ticket_number on change_ticket (number);
create index change_ticket_items on change_ticket using gin (items) where is_open;
