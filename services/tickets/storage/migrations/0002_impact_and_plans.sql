alter table ticket
  add column planned_start timestamptz,
  add column planned_end timestamptz,
  -- Its state is of the phase resolved or closed.
  add column is_over boolean not null default false;
update ticket t set is_over = true from lifecycle l
  where l.type = t.type and l.version = t.lifecycle_version and l.definition -> 'states' -> t.status ->> 'phase' in ('resolved', 'closed');

-- What is open about an item, and what is planned: they stay small, however many tickets there were. Tickets without items are in neither.
create index ticket_open_items on ticket using gin (items) where not is_over and items <> '{}';
create index ticket_planned_items on ticket using gin (items) where not is_over and planned_start is not null;

-- What suffers when a ticket's items do, as the CMDB reckoned it: the newest answer for each ticket.
create table computed_impact (
  ticket_id uuid primary key,
  -- The version of the ticket whose items it is about.
  ticket_version int not null,
  summary jsonb not null
);
