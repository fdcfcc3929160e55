-- Attributes that were sensitive when they were last declared: a value that history still has is not shown because its name is no longer of the model.
alter table model_version add column once_sensitive text[] not null default '{}';
