-- The words under which an item is found (domain/search/list-words.ts), written with it; those of the items that were there before are written by search/keep-words.ts.
drop index item_search;
drop index item_words;
alter table item drop column words, drop column search;
alter table item add column words tsvector not null default '';
create index item_words on item using gin (words);

-- Every word of letters that any item ever had, for mending mistakes and finding parts of words.
create table search_word (
  word text primary key
);
create index search_word_parts on search_word using gin (word gin_trgm_ops);

-- Class -> a hash of what the words of its items are made of, as they are all written, and as a pass over the items is writing them now. There is one row.
create table search_pass (
  id int primary key check (id = 1),
  written jsonb not null,
  writing jsonb,
  -- The last item that the pass has looked at.
  place uuid not null,
  changed int not null,
  begun_at timestamptz not null,
  ended_at timestamptz
);

-- In the order of classes too, and what changed last within a class.
drop index item_class;
create index item_class on item (state, class, name, id);
create index item_class_updated on item (state, class, updated_at, id);
