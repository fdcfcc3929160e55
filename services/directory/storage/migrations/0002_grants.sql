-- [{permission, where: {class: [..], organisation: [..], site: [..]}}]: permissions that hold for some objects only.
alter table role
  add column grants jsonb not null default '[]',
  add column version int not null default 1;
