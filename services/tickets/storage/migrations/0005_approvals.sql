-- The version of the priority matrix that it stays with; null is 1, which is what table `priority_matrix` held. That table goes with a later release.
alter table ticket add column matrix_version int;

-- Rounds of agreement on tickets.
create table approval (
  id uuid primary key,
  ticket_id uuid not null,
  policy text not null,
  policy_version int not null,
  -- The transitions that it takes when it is approved, and when it is rejected.
  approved text not null,
  rejected text not null,
  state text not null,
  -- Those that were reached, each with whom it asks and their votes.
  stages jsonb not null,
  -- Accounts that were ever asked, and those that are to answer now.
  asked text[] not null,
  awaited text[] not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index approval_ticket on approval (ticket_id, created_at);
create unique index approval_running on approval (ticket_id) where state = 'running';
create index approval_awaited on approval using gin (awaited) where state = 'running';
