-- Rows come in the order of these times, so that a summary of each range of pages finds the old ones; a tree cost every event and every answer an entry.
drop index bus_log_appended;
drop index inbox_handled;
create index inbox_handled on inbox using brin (handled_at) with (autosummarize = on);
drop index idempotency_created;
create index idempotency_created on idempotency using brin (created_at) with (autosummarize = on);
