-- What may be done is data: a role is a name for permissions, and '*' is all of them.
create table role (
  name text primary key,
  title_en text not null,
  title_ru text not null,
  permissions text[] not null
);

insert into role (name, title_en, title_ru, permissions) values
  ('administrator', 'Administrator', 'Администратор', '{*}'),
  ('agent', 'Agent', 'Специалист',
    '{tickets.create,tickets.read,tickets.work,sla.read,cmdb.read,monitoring.read,directory.read}'),
  ('requester', 'Requester', 'Заявитель', '{tickets.create,tickets.read_own}'),
  ('integration', 'Integration', 'Интеграция',
    '{tickets.create,tickets.read,tickets.work,cmdb.read,cmdb.write,monitoring.read,monitoring.ingest,directory.read}');

create table account (
  id uuid primary key,
  login text not null,
  -- Small and capital letters are the same login.
  login_key text not null unique generated always as (lower(login)) stored,
  name text not null,
  email text,
  locale text not null,
  roles text[] not null,
  active boolean not null,
  -- argon2id in PHC form; without one nobody can sign in with a password.
  password_hash text,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- Secrets are 256 random bits, so their SHA-256 is enough to keep: there is nothing to guess.
create table session (
  id uuid primary key,
  account_id uuid not null references account,
  secret_hash bytea not null unique,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null
);
create index session_by_account on session (account_id);
create index session_by_expiry on session (expires_at);

create table token (
  id uuid primary key,
  account_id uuid not null references account,
  name text not null,
  scopes text[] not null,
  secret_hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index token_by_account on token (account_id, id desc);
