import { type Statement, sql } from '../postgres/sql.ts';
import type { Envelope } from './event.ts';

export interface Refused {
  event: Envelope;
  reason: string;
  tries: number;
}

/** Puts events that could not be handled where a person finds them, as part of the commit that moves the lane on. */
export function insertDeadLetters(subscription: string, refused: readonly Refused[], now: number, newId: () => string): Statement {
  const rows = refused.map(({ event, reason, tries }) => ({
    id: newId(),
    subscription,
    event_id: event.id,
    source: event.source,
    type: event.type,
    key: event.key,
    time: event.time,
    data: event.data,
    traceparent: event.traceparent,
    reason: reason.slice(0, 2_000),
    tries,
    failed_at: new Date(now).toISOString(),
    status: 'waiting',
    version: 1,
  }));
  return sql`insert into dead_letter select * from json_populate_recordset(null::dead_letter, ${JSON.stringify(rows)}::json)
    on conflict (subscription, event_id) do nothing`;
}
