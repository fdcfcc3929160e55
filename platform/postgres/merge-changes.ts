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
  const parts = events.length > 0 ? [...statements, insertEvents(events, stamp)] : statements;
  const [only] = parts;
  if (only === undefined) return undefined;
  if (parts.length === 1 && only.rows === undefined) return only;
  const withs = parts.map((part, index) => sql`${raw(`c${index} as (`)}${part})`);
  const asserts = parts.flatMap((part, index) =>
    part.rows === undefined ? [] : [sql`assert_rows((select count(*) from ${raw(`c${index}`)}), ${part.rows}::bigint)`],
  );
  return sql`with ${joinSql(withs, ', ')} select ${asserts.length > 0 ? joinSql(asserts, ', ') : raw('1')}`;
}

function insertEvents(events: readonly NewEvent[], { newId, now, traceparent }: Stamp): Statement {
  return sql`insert into outbox (event_id, type, key, time, data, traceparent)
    select event_id, type, key, ${new Date(now)}::timestamptz, data, ${traceparent ?? null}::text
    from unnest(${events.map(() => newId())}::uuid[], ${events.map(({ type }) => type)}::text[], ${events.map(({ key }) => key)}::text[],
      ${events.map(({ data }) => JSON.stringify(data))}::json[]) with ordinality as e(event_id, type, key, data, place) order by place`;
}
