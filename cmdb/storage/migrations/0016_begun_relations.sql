-- Edges of the graph are read by relation_identity and relation_incoming, without touching the table. An index that only begins with the same column looks cheaper
-- to the planner and costs a hub all of its rows; a condition that every row meets, and that only the timeline says, keeps it out of the graph's plans.
drop index relation_begun_from;
drop index relation_begun_to;
create index relation_begun_from on relation (from_id, created_at) where created_at > '-infinity';
create index relation_begun_to on relation (to_id, created_at) where created_at > '-infinity';
