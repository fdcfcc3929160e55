alter table account add column must_change_password boolean not null default false;

-- Failed attempts by what was tried, which need not exist: `key` is the SHA-256 of its kind and its name.
create table attempt (
  key bytea primary key,
  failures int not null,
  last_at timestamptz not null,
  paused_until timestamptz
);
create index attempt_by_age on attempt (last_at);

-- A secret of 256 random bits with which an account's password can be set, once.
create table password_reset (
  account_id uuid primary key references account,
  secret_hash bytea not null unique,
  expires_at timestamptz not null
);
