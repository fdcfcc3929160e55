-- What an impact must know of an item before failure goes on through it: how many of its own it needs, and that it is not simply in use. Few items are so, and a
-- walk finds them in this index without reading the others.
alter table item add column redundancy jsonb generated always as (attributes -> 'redundancy') stored;
create index item_standing on item (id) include (class, lifecycle_state, redundancy) where redundancy is not null or lifecycle_state <> 'in_use';
