-- What has left the inventory stands there too: failure goes through it no more, also while its relations have not ended yet. Values are read from the row: those
-- of an index may not be long.
drop index item_standing;
create index item_standing on item (id) where redundancy is not null or lifecycle_state <> 'in_use' or state = 'retired';
