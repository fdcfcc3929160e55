-- Providers of sign-ins, each as one definition. Secrets are none of it: it names the variables of the environment that hold them.
create table sign_in_provider (
  name text primary key,
  definition json not null,
  version int not null
);

-- Who a provider's subject is here.
create table account_identity (
  provider text not null references sign_in_provider,
  subject text not null,
  account_id uuid not null references account,
  primary key (provider, subject)
);
create index account_identity_by_account on account_identity (account_id);

-- Seals what a browser carries through a sign-in; the same for all replicas, and of no use to who cannot read this.
create table seal_key (key bytea not null);
insert into seal_key select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

alter table session add column provider text;
