import type { Logger } from 'pino';
import { isAppError } from '../errors/app-error.ts';
import { crashPoint } from '../faults/crash-point.ts';
import type { Database } from '../postgres/database.ts';
import type { Statement } from '../postgres/sql.ts';
import { inSpan, withTraceparent } from '../telemetry/tracing.ts';
import { insertDeadLetters, type Refused } from './dead-letter-store.ts';
import type { Envelope } from './event.ts';
import type { HandlingContext, Subscription } from './subscription.ts';

/** An event with what its engine knows of its place. */
export interface Delivery<Place> {
  event: Envelope;
  place: Place;
}

export interface DeliverOptions<Place> {
  database: Database;
  subscription: Subscription;
  context(): HandlingContext;
  check(event: Envelope): void;
  /** What marks these deliveries as handled, written in the same commit as their effect. */
  settle(deliveries: readonly Delivery<Place>[]): Statement[];
  log: Logger;
}

const mostTries = 5;

/**
 * Gives a batch to its subscription and commits the effect together with the mark that it was handled. Throws AppError `unavailable` or `conflict`, after
 * which nothing has happened and the caller asks again; an event that is itself bad goes to the dead letters and never stops the lane.
 */
export async function deliver<Place>(deliveries: readonly Delivery<Place>[], options: DeliverOptions<Place>): Promise<void> {
  const good: Delivery<Place>[] = [];
  const refused: Refused[] = [];
  for (const delivery of deliveries) {
    try {
      options.check(delivery.event);
      good.push(delivery);
    } catch (error) {
      refused.push({ event: delivery.event, reason: reasonOf(error), tries: 1 });
    }
  }
  try {
    await handle(deliveries, good, refused, options);
  } catch (error) {
    if (isTemporary(error)) throw error;
    if (deliveries.length === 1) return handleAlone(deliveries, error, options);
    for (const delivery of deliveries) await deliver([delivery], options);
  }
}

async function handle<Place>(all: readonly Delivery<Place>[], good: readonly Delivery<Place>[], refused: readonly Refused[], options: DeliverOptions<Place>) {
  const { database, subscription, settle, log } = options;
  const context = options.context();
  const events = good.map(({ event }) => event);
  const [first] = all;
  await withTraceparent(first?.event.traceparent, () =>
    inSpan(`${database.schema}.${subscription.name}`, { 'messaging.batch.message_count': all.length }, async () => {
      const { statements = [], events: announced = [] } = events.length > 0 ? await subscription.handle(events, context) : {};
      crashPoint('subscriber.before-commit');
      const dead = refused.length > 0 ? [insertDeadLetters(subscription.name, refused, context.now, () => context.newId())] : [];
      await database.commit({ statements: [...statements, ...dead, ...settle(all)], events: announced });
      crashPoint('subscriber.after-commit');
    }),
  );
  for (const { event, reason, tries } of refused) {
    log.error({ event: event.id, type: event.type, aggregate: event.key, reason, tries }, 'an event went to the dead letters');
  }
}

/** One event that failed: it may have been chance, so it is tried a few times more before it is put aside. */
async function handleAlone<Place>(deliveries: readonly Delivery<Place>[], firstError: unknown, options: DeliverOptions<Place>): Promise<void> {
  let error = firstError;
  for (let tries = 2; tries <= mostTries; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20 * 2 ** tries));
    try {
      return await handle(deliveries, deliveries, [], options);
    } catch (again) {
      if (isTemporary(again)) throw again;
      error = again;
    }
  }
  const refused = deliveries.map(({ event }) => ({ event, reason: reasonOf(error), tries: mostTries }));
  await handle(deliveries, [], refused, options);
}

function isTemporary(error: unknown): boolean {
  return isAppError(error, 'unavailable') || isAppError(error, 'conflict');
}

function reasonOf(error: unknown): string {
  if (isAppError(error) && error.violations.length > 0) {
    return `${error.message} ${error.violations.map(({ pointer, message }) => `${pointer || '/'}: ${message}`).join('; ')}`;
  }
  return error instanceof Error ? error.message : String(error);
}
