-- Grants may have a condition in CEL, and fields that they leave out: [{permission, where, condition, without}].
insert into role (name, title_en, title_ru, permissions, grants) values
  -- Sees what is theirs, and incidents and tasks that nobody has taken; changes what is theirs or is to be taken.
  ('engineer', 'Engineer', 'Инженер', '{tickets.create,tickets.read_own,catalog.read,cmdb.read,monitoring.read,directory.read}', '[
    {"permission": "tickets.read", "where": {}, "condition": "ticket.assigneeId == me.id || !has(ticket.assigneeId) && ticket.type in [\"incident\", \"task\"]"},
    {"permission": "tickets.work", "where": {}, "condition": "ticket.assigneeId == me.id || !has(ticket.assigneeId) && ticket.type in [\"incident\", \"task\"]"}
  ]'),
  -- Somebody of another company: what they were given, without what is nobody's business but the customer's.
  ('contractor', 'Contractor', 'Подрядчик', '{tickets.read_own}', '[
    {"permission": "tickets.read", "where": {}, "condition": "ticket.assigneeId == me.id", "without": ["computedImpact", "externalReference", "form"]},
    {"permission": "tickets.work", "where": {}, "condition": "ticket.assigneeId == me.id", "without": ["assigneeId", "impact", "serviceId", "urgency"]}
  ]'),
  ('manager', 'Manager', 'Руководитель', '{tickets.create,tickets.read,sla.read,catalog.read,cmdb.read,monitoring.read,directory.read}', '[]')
on conflict (name) do nothing;
