create index person_inactive on person (sort_name, id) where not active;
