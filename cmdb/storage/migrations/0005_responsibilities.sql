-- Who answers for an item, as lists and rights ask for it. The attributes of the same names are what is written.
alter table item
  add column organisation text generated always as (attributes ->> 'organisation') stored,
  add column site text generated always as (attributes ->> 'site') stored,
  add column owner text generated always as (attributes ->> 'owner') stored,
  add column support_team text generated always as (attributes ->> 'supportTeam') stored;
create index item_organisation on item (organisation, state, name, id) where organisation is not null;
create index item_site on item (site, state, name, id) where site is not null;
create index item_owner on item (owner, state, name, id) where owner is not null;
create index item_support_team on item (support_team, state, name, id) where support_team is not null;
