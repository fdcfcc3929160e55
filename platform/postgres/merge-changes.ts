import type { NewEvent } from '../bus/event.ts';
import type { Changes } from './database.ts';
import { joinSql, raw, type Statement, sql } from './sql.ts';

/** What the outbox needs to know of an event beside what its service said. */
export interface Stamp {
  newId(): string;
  /** Epoch milliseconds. */
  now: number;
  traceparent?: string;
}

/**
 * Makes ONE statement of all that a decision writes, so that it is one transaction in one round trip. The text depends on the shape of the
 * changes only, never on their number of rows or events, so that PostgreSQL plans it once.
 */
export function mergeChanges({ statements = [], events = [] }: Changes, stamp: Stamp): Statement | undefined {
  // The events stand first because PostgreSQL runs what nobody reads from last to first: an outbox id taken after all row locks rises in
  // the order in which writers of one aggregate commit.
  const parts = events.length > 0 ? [insertEvents(events, stamp), ...statements] : statements;
  const [only] = parts;
  if (only === undefined) return undefined;
  if (parts.length === 1 && only.rows === undefined) return only;
  const withs = parts.map((part, index) => sql`${raw(`c${index} as (`)}${part})`);
  const asserts = parts.flatMap((part, index) =>
    part.rows === undefined ? [] : [sql`case when (select count(*) from ${raw(`c${index}`)}) <> ${part.rows}::bigint then assert_rows(0, 1) end`],
  );
  return sql`with ${joinSql(withs, ', ')} select ${asserts.length > 0 ? joinSql(asserts, ', ') : raw('1')}`;
}

/** Most decisions announce one event; without arrays it costs client and server a fifth less. JSON as elements of an array would have each of its quotes escaped. */
function insertEvents(events: readonly NewEvent[], stamp: Stamp): Statement {
  const time = new Date(stamp.now);
  const traceOf = (event: NewEvent) => event.traceparent ?? stamp.traceparent ?? null;
  const [only] = events;
  if (events.length === 1 && only !== undefined) {
    return sql`insert into outbox (event_id, type, key, time, data, traceparent)
      values (${stamp.newId()}, ${only.type}, ${only.key}, ${time}, ${JSON.stringify(only.data)}, ${traceOf(only)})`;
  }
  return sql`insert into outbox (event_id, type, key, time, data, traceparent)
    select event_id, type, key, ${time}::timestamptz, data, traceparent
    from rows from (unnest(${events.map(() => stamp.newId())}::uuid[], ${events.map(({ type }) => type)}::text[], ${events.map(({ key }) => key)}::text[],
      ${events.map(traceOf)}::text[]), json_array_elements(${JSON.stringify(events.map(({ data }) => data))}::json))
      with ordinality as e(event_id, type, key, traceparent, data, place) order by place`;
}
