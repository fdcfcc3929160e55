-- What came in, as it came. `problem` says why it could not be understood.
create table raw_event (
  id uuid primary key,
  source text not null,
  content_type text not null,
  body bytea not null,
  received_at timestamptz not null,
  problem text
);
create index raw_event_received on raw_event (received_at, id);
create index raw_event_rejected on raw_event (received_at, id) where problem is not null;

-- One row for each fingerprint and occurrence.
create table alert (
  id uuid primary key,
  source text not null,
  fingerprint text not null,
  starts_at timestamptz not null,
  status text not null,
  name text not null,
  severity text not null,
  summary text not null,
  labels json not null,
  annotations json not null,
  generator_url text,
  ends_at timestamptz,
  last_seen_at timestamptz not null,
  repeats int not null,
  created_at timestamptz not null,
  unique (source, fingerprint, starts_at)
) with (fillfactor = 85);
create index alert_created on alert (created_at, id);
create index alert_open on alert (created_at, id) where status = 'open';

-- What was decided about an alert; written by the subscriber that decides, so that it never meets the intake on one row.
create table decision (
  alert_id uuid primary key,
  item_id uuid,
  incident_id uuid,
  incident_number text,
  explanation text not null
);
create index decision_item on decision (item_id) where item_id is not null;
create index decision_incident on decision (incident_id) where incident_id is not null;

-- Alerts that share an incident. Each incident of the group is one episode of it; the row knows the latest.
create table alert_group (
  key text primary key,
  episode int not null,
  incident_id uuid not null,
  incident_number text not null,
  open boolean not null,
  version int not null
);
create index alert_group_incident on alert_group (incident_id);

create table rule (
  id uuid primary key,
  name text not null,
  rank int not null,
  condition text not null,
  action text not null,
  impact text not null,
  urgency text not null,
  group_by text[] not null,
  enabled boolean not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table source (
  id text primary key,
  item_labels text[] not null,
  without_port boolean not null,
  version int not null
);

insert into source (id, item_labels, without_port, version) values ('alertmanager', array['instance', 'host', 'node'], true, 1);

insert into rule (id, name, rank, condition, action, impact, urgency, group_by, enabled, version, created_at, updated_at) values
  ('01900000-0000-7000-8000-000000000001', 'Heartbeats are no incidents', 10, 'name == "Watchdog" || severity == "none"', 'ignore', 'low', 'low', '{}', true, 1, now(), now()),
  ('01900000-0000-7000-8000-000000000002', 'Critical alerts raise an incident', 100, 'severity == "critical"', 'raise_incident', 'high', 'high', '{}', true, 1, now(), now()),
  ('01900000-0000-7000-8000-000000000003', 'Major alerts raise an incident', 110, 'severity in ["major", "error", "high"]', 'raise_incident', 'medium', 'high', '{}', true, 1, now(), now());
