-- When the alert ended, once it was told to those who look at its item.
alter table decision add column ended_at timestamptz;
