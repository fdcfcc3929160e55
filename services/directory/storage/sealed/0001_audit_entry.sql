-- The audit log. This schema belongs to another role than the service's, which may only read and insert here.
-- What is said is one text of JSON; all else follows from it, so that nothing can be said in a column that the hash does not cover.
create table audit_entry (
  seq int primary key,
  content text not null,
  previous bytea not null,
  hash bytea not null,
  event_id text not null unique generated always as (content::jsonb ->> 'id') stored,
  kind text not null generated always as (content::jsonb ->> 'kind') stored,
  source text not null generated always as (content::jsonb ->> 'source') stored,
  type text not null generated always as (content::jsonb ->> 'type') stored,
  ref text not null generated always as (content::jsonb ->> 'ref') stored,
  -- RFC 3339 in UTC with milliseconds, whose order as text is that of time.
  at text collate "C" not null generated always as (content::jsonb ->> 'at') stored,
  person_id text generated always as (content::jsonb ->> 'personId') stored
);
create index audit_entry_by_time on audit_entry (at, seq);
create index audit_entry_by_kind on audit_entry (kind, at, seq);
create index audit_entry_by_source on audit_entry (source, at, seq);
create index audit_entry_by_type on audit_entry (type, at, seq);
create index audit_entry_by_ref on audit_entry (ref, at, seq);
create index audit_entry_by_person on audit_entry (person_id, at, seq);

-- Ties each entry to the one before. The lock holds until the end of the transaction: entries stand in the order in which they were committed, without gaps.
create function tie_audit_entry() returns trigger language plpgsql as $$
declare
  latest record;
begin
  perform pg_advisory_xact_lock(hashtext('opora/audit'));
  select e.seq, e.hash into latest from directory_sealed.audit_entry e order by e.seq desc limit 1;
  new.seq := coalesce(latest.seq, 0) + 1;
  new.previous := coalesce(latest.hash, decode(repeat('00', 32), 'hex'));
  new.hash := sha256(new.previous || convert_to(new.seq || ' ' || new.content, 'UTF8'));
  return new;
end $$;
create trigger tie before insert on audit_entry for each row execute function tie_audit_entry();

-- Whoever owns the table can still change it, and so can a superuser; by mistake neither does.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'What stands in the audit log stays.';
end $$;
create trigger stay before update or delete or truncate on audit_entry for each statement execute function refuse_change();
