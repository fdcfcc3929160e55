-- What every service's schema has beside its own tables (see platform/bus, platform/rpc, platform/timers).

-- Events of commits that the sequencer has not moved on yet.
create table outbox (
  id bigint primary key generated always as identity,
  event_id uuid not null,
  type text not null,
  key text not null,
  time timestamptz not null,
  data json not null,
  traceparent text
);

-- The service's own log, in the order in which everybody reads it.
create table bus_log (
  pos bigint primary key generated always as identity,
  event_id uuid not null,
  type text not null,
  key text not null,
  time timestamptz not null,
  data json not null,
  traceparent text,
  appended_at timestamptz not null default clock_timestamp()
);
create index bus_log_appended on bus_log (appended_at);

-- How far the relay has carried bus_log to Kafka.
create table relay_position (
  name text primary key,
  pos bigint not null
);

-- How far this service has heard the log of another.
create table subscription_position (
  subscription text not null,
  source text not null,
  pos bigint not null,
  primary key (subscription, source)
);

-- Events of Kafka that have had their effect.
create table inbox (
  subscription text not null,
  event_id uuid not null,
  handled_at timestamptz not null default clock_timestamp(),
  primary key (subscription, event_id)
);
create index inbox_handled on inbox (handled_at);

-- Events that could not be handled, each with its reason, until somebody fixes, replays or discards it.
create table dead_letter (
  id uuid primary key,
  subscription text not null,
  event_id uuid not null,
  source text not null,
  type text not null,
  key text not null,
  time timestamptz not null,
  data json not null,
  traceparent text,
  reason text not null,
  tries int not null,
  failed_at timestamptz not null,
  status text not null,
  settled_at timestamptz,
  version int not null,
  unique (subscription, event_id)
);
create index dead_letter_waiting on dead_letter (failed_at, id) where status = 'waiting';

-- The first answer to a request with an idempotency key.
create table idempotency (
  principal text not null,
  method text not null,
  key text not null,
  request_hash bytea not null,
  answer bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (principal, method, key)
);
create index idempotency_created on idempotency (created_at);

create table timer (
  key text primary key,
  due_at timestamptz not null
);
create index timer_due on timer (due_at);

-- Fails the statement that it stands in when a change did not hit as many rows as it had to.
create function assert_rows(changed bigint, expected bigint) returns void language plpgsql as $$
begin
  if changed <> expected then
    raise exception using errcode = 'OP001', message = format('%s rows were to change, %s did', expected, changed);
  end if;
end $$;
