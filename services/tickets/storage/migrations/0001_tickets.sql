create sequence ticket_number_request;
create sequence ticket_number_incident;
create sequence ticket_number_problem;
create sequence ticket_number_change;
create sequence ticket_number_release;
create sequence ticket_number_task;

-- Versions are only ever added: a ticket stays pinned to the version that it began with.
create table lifecycle (
  type text not null,
  version int not null,
  definition jsonb not null,
  primary key (type, version)
);

create table priority_matrix (
  impact text not null,
  urgency text not null,
  priority text not null,
  primary key (impact, urgency)
);

create table ticket (
  id uuid primary key,
  number text not null unique,
  type text not null,
  lifecycle_version int not null,
  status text not null,
  subject text not null,
  description text,
  impact text not null,
  urgency text not null,
  priority text not null,
  caller_id text,
  assignee_id text,
  items uuid[] not null,
  service_id uuid,
  external_system text,
  external_id text,
  -- The alert group that raised it.
  raise_key text,
  alert_ids text[] not null,
  -- A person has changed, moved or answered it: rules leave it alone from then on.
  taken_over boolean not null,
  form text,
  resolution text,
  explanation text,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  search tsvector generated always as (
    to_tsvector('russian', subject || ' ' || coalesce(description, '')) || to_tsvector('english', number || ' ' || subject || ' ' || coalesce(description, ''))
  ) stored
);
create unique index ticket_external_reference on ticket (external_system, external_id) where external_system is not null;
create unique index ticket_raise_key on ticket (raise_key) where raise_key is not null;
create index ticket_created on ticket (created_at, id);
create index ticket_updated on ticket (updated_at, id);
create index ticket_status on ticket (status, created_at, id);
create index ticket_caller on ticket (caller_id, created_at, id) where caller_id is not null;
create index ticket_assignee on ticket (assignee_id, created_at, id) where assignee_id is not null;
create index ticket_items on ticket using gin (items);
create index ticket_search on ticket using gin (search);

create table history (
  ticket_id uuid not null,
  id uuid not null,
  action text not null,
  actor_id text not null,
  actor_name text not null,
  at timestamptz not null,
  changes jsonb not null,
  explanation text,
  trace_id text,
  primary key (ticket_id, id)
);

create table comment (
  ticket_id uuid not null,
  id uuid not null,
  author_id text not null,
  author_name text not null,
  text text not null,
  internal boolean not null,
  created_at timestamptz not null,
  primary key (ticket_id, id)
);

insert into priority_matrix (impact, urgency, priority) values
  ('high', 'high', 'critical'), ('high', 'medium', 'high'), ('high', 'low', 'moderate'),
  ('medium', 'high', 'high'), ('medium', 'medium', 'moderate'), ('medium', 'low', 'low'),
  ('low', 'high', 'moderate'), ('low', 'medium', 'low'), ('low', 'low', 'planning');

insert into lifecycle (type, version, definition)
select type, 1, '{
  "initial": "new",
  "states": {
    "new": {"phase": "open"}, "in_progress": {"phase": "active"}, "waiting": {"phase": "paused"},
    "resolved": {"phase": "resolved"}, "closed": {"phase": "closed"}, "cancelled": {"phase": "closed"}
  },
  "transitions": {
    "start": {"from": ["new", "waiting"], "to": "in_progress", "by": ["worker", "rule"]},
    "wait": {"from": ["new", "in_progress"], "to": "waiting", "by": ["worker"]},
    "resolve": {"from": ["new", "in_progress", "waiting"], "to": "resolved", "by": ["worker", "rule"], "requires": ["resolution"]},
    "reopen": {"from": ["resolved"], "to": "in_progress", "by": ["worker", "caller"]},
    "close": {"from": ["resolved"], "to": "closed", "by": ["worker", "caller"]},
    "cancel": {"from": ["new", "waiting"], "to": "cancelled", "by": ["worker", "caller"]}
  }
}'::jsonb from unnest(array['request', 'incident', 'task']) as t(type);

insert into lifecycle (type, version, definition)
select type, 1, '{
  "initial": "new",
  "states": {
    "new": {"phase": "open"}, "in_progress": {"phase": "active"}, "waiting": {"phase": "paused"},
    "resolved": {"phase": "resolved"}, "closed": {"phase": "closed"}, "cancelled": {"phase": "closed"}
  },
  "transitions": {
    "start": {
      "from": ["new", "waiting"], "to": "in_progress", "by": ["worker"],
      "guard": {"condition": "ticket.hasAssignee", "message": "Assign it to somebody first."}
    },
    "wait": {"from": ["in_progress"], "to": "waiting", "by": ["worker"]},
    "resolve": {"from": ["in_progress"], "to": "resolved", "by": ["worker"], "requires": ["resolution"]},
    "reopen": {"from": ["resolved"], "to": "in_progress", "by": ["worker"]},
    "close": {"from": ["resolved"], "to": "closed", "by": ["worker"]},
    "cancel": {"from": ["new", "waiting"], "to": "cancelled", "by": ["worker"]}
  }
}'::jsonb from unnest(array['problem', 'change', 'release']) as t(type);
