import { AppError } from '../errors/app-error.ts';
import { type Statement, sql } from '../postgres/sql.ts';
import type { Envelope } from './event.ts';
import type { SubscriberOptions } from './event-log.ts';

/** An event that could not be handled, and why. */
export interface DeadEvent {
  event: Envelope;
  error: unknown;
  tries: number;
}

/** Puts events among the dead letters of a subscription, as part of a commit. */
export function buryEvents({ subscription, context }: Pick<SubscriberOptions, 'subscription' | 'context'>, dead: readonly DeadEvent[]): Statement {
  const { now, newId } = context();
  const column = <Value>(pick: (dead: DeadEvent) => Value): Value[] => dead.map(pick);
  // PostgreSQL's text has no NUL, and what comes from a topic may have anything.
  const text = (pick: (dead: DeadEvent) => string): string[] => dead.map((one) => pick(one).replaceAll('\0', '\uFFFD'));
  return sql`
    insert into dead_letter (id, subscription, event_id, source, type, key, time, data, traceparent, reason, tries, failed_at, status, version)
    select id, ${subscription.name}, event_id, source, type, key, time, data, traceparent, reason, tries, ${new Date(now)}::timestamptz, 'waiting', 1
    from unnest(${column(() => newId(now))}::uuid[], ${column(({ event }) => event.id)}::uuid[], ${text(({ event }) => event.source)}::text[],
      ${text(({ event }) => event.type)}::text[], ${text(({ event }) => event.key)}::text[], ${column(({ event }) => event.time)}::timestamptz[],
      ${column(({ event }) => JSON.stringify(event.data))}::json[], ${column(({ event }) => event.traceparent ?? null)}::text[],
      ${text(({ error }) => explain(error))}::text[], ${column(({ tries }) => tries)}::int[])
      as d(id, event_id, source, type, key, time, data, traceparent, reason, tries)
    on conflict (subscription, event_id) do nothing`;
}

/** What a person needs to know in order to fix it; a stack stands in the log. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 2_000);
  const violations = error instanceof AppError ? error.violations.map(({ pointer, message }) => `${pointer}: ${message}`) : [];
  const cause = error.cause instanceof Error ? [`because: ${error.cause.message}`] : [];
  return [error.message, ...violations, ...cause].join('\n').slice(0, 2_000);
}
