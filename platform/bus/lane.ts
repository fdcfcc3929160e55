import type { Link } from '@opentelemetry/api';
import { propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { Logger } from 'pino';
import { isAppError } from '../errors/app-error.ts';
import { crashPoint } from '../faults/crash-point.ts';
import type { Changes } from '../postgres/database.ts';
import type { Statement } from '../postgres/sql.ts';
import { inSpan, withTraceparent } from '../telemetry/tracing.ts';
import { backOff } from './back-off.ts';
import { buryEvents, type DeadEvent } from './bury-events.ts';
import type { Envelope, NewEvent } from './event.ts';
import type { SubscriberOptions } from './event-log.ts';

/** One source (or partition) on its way into one subscription; the adapters differ only in how they remember what has had its effect. */
export interface Lane extends SubscriberOptions {
  log: Logger;
  signal: AbortSignal;
  /** What is written with the effect of these events so that they have no second one; it must conflict when they had theirs. */
  mark(events: readonly Envelope[]): Statement;
  /** Called when that was committed. */
  marked?(events: readonly Envelope[]): void;
  /** Those of the events that have had no effect yet; asked after a conflict, which may be a commit that succeeded and was not heard of. */
  remaining(events: readonly Envelope[]): Promise<readonly Envelope[]>;
}

/** How often an event is handled before it goes to the dead letters. */
const tries = 5;
/** A conflict of a single event that is still there after so many fresh looks is no race, it is a mistake; several are parted sooner. */
const conflictTries = { one: 15, several: 5 };

/**
 * Gives each of the events its one effect, or its place in the dead letters. Throws AppError `unavailable` when it is to be tried again later from where it is then,
 * and the reason of `signal` when that says stop.
 */
export async function deliver(lane: Lane, events: readonly Envelope[]): Promise<void> {
  let left = events;
  let faults = 0;
  let conflicts = 0;
  let lost: DeadEvent[] | undefined;
  for (;;) {
    lane.signal.throwIfAborted();
    try {
      if (conflicts > 0) left = await lane.remaining(left);
      if (left.length === 0) return;
      await (lost ? commit(lane, { statements: [buryEvents(lane, lost)] }, left) : handleAndCommit(lane, left));
      return;
    } catch (error) {
      noteFailure(lane, error, left);
      if (isAppError(error, 'unavailable')) throw error;
      const isConflict = isAppError(error, 'conflict');
      if (isConflict ? ++conflicts < conflictTries[left.length > 1 ? 'several' : 'one'] : left.length === 1 && ++faults < tries) {
        await backOff(isConflict ? conflicts : faults, isConflict ? { first: 20, most: 500 } : { first: 50, most: 1_000 }, lane.signal);
      } else if (left.length > 1) {
        const half = Math.ceil(left.length / 2);
        await deliver(lane, left.slice(0, half));
        await deliver(lane, left.slice(half));
        return;
      } else {
        // What cannot even be put aside comes by here again, and must not spin.
        if (lost) await backOff(faults, { first: 50, most: 1_000 }, lane.signal);
        lost ??= left.map((event) => ({ event, error, tries: Math.max(faults, conflicts) }));
        lane.log.error(
          { err: error, eventId: left[0]?.id, type: left[0]?.type, key: left[0]?.key },
          'an event could not be handled and goes to the dead letters',
        );
      }
    }
  }
}

async function handleAndCommit(lane: Lane, events: readonly Envelope[]): Promise<void> {
  const { good, bad } = sortOut(lane, events);
  const labels = { service: lane.database.schema, subscription: lane.subscription.name };
  const stopTimer = lane.metrics.handling.startTimer(labels);
  await withCause(lane, events, async () => {
    const { statements = [], events: announced = [] }: Changes = good.length > 0 ? await lane.subscription.handle(good, lane.context()) : {};
    crashPoint('subscriber.before-commit');
    await commit(
      lane,
      { statements: bad.length > 0 ? [...statements, buryEvents(lane, bad)] : statements, events: keepTraces(announced, good) },
      events,
    );
  });
  stopTimer();
  lane.metrics.batchSize.observe(labels, events.length);
  if (lane.log.isLevelEnabled('debug')) for (const event of good) logHandled(lane, event);
}

/** One line an event under the trace that caused it, so that a trace is followed through every service that hears of it. */
function logHandled({ log }: Lane, { id, type, key, traceparent }: Envelope): void {
  withTraceparent(traceparent, () => log.debug({ eventId: id, type, aggregate: key }, 'event handled'));
}

/** Data that does not fit the contract will not fit it the next time either. */
function sortOut(lane: Lane, events: readonly Envelope[]): { good: Envelope[]; bad: DeadEvent[] } {
  const good: Envelope[] = [];
  const bad: DeadEvent[] = [];
  for (const event of events) {
    try {
      lane.check(event);
      good.push(event);
    } catch (error) {
      lane.log.error({ err: error, eventId: event.id, type: event.type }, 'an event does not fit its contract and goes to the dead letters');
      bad.push({ event, error, tries: 1 });
    }
  }
  return { good, bad };
}

async function commit(lane: Lane, { statements = [], events = [] }: Changes, handled: readonly Envelope[]): Promise<void> {
  await lane.database.commit({ statements: [...statements, lane.mark(handled)], events });
  lane.marked?.(handled);
  crashPoint('subscriber.after-commit');
}

/** Runs in a span that continues the first event's trace and is linked to the others'. */
function withCause(lane: Lane, events: readonly Envelope[], run: () => Promise<void>): Promise<void> {
  const { database, subscription } = lane;
  return withTraceparent(events[0]?.traceparent, () =>
    inSpan(
      `${database.schema}.${subscription.name}`,
      { 'messaging.operation.type': 'process', 'messaging.batch.message_count': events.length },
      (span) => {
        if (span.isRecording()) span.addLinks(linksTo(events.slice(1)));
        return run();
      },
      SpanKind.CONSUMER,
    ),
  );
}

/** Of several events each has its own trace: what is announced of the same aggregate goes on with that one. */
function keepTraces(announced: readonly NewEvent[], causes: readonly Envelope[]): readonly NewEvent[] {
  if (causes.length < 2) return announced;
  const traces = new Map(causes.map(({ key, traceparent }) => [key, traceparent]));
  return announced.map((event) => {
    const traceparent = event.traceparent ?? traces.get(event.key);
    return traceparent === undefined ? event : { ...event, traceparent };
  });
}

function linksTo(events: readonly Envelope[]): Link[] {
  return events.flatMap(({ traceparent }) => {
    const context = traceparent === undefined ? undefined : trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent }));
    return context ? [{ context }] : [];
  });
}

function noteFailure({ log, metrics, database, subscription }: Lane, error: unknown, events: readonly Envelope[]): void {
  const reason = isAppError(error) ? error.kind : 'fault';
  metrics.retries.inc({ service: database.schema, subscription: subscription.name, reason });
  const facts = { err: error, events: events.length, first: events[0]?.id };
  if (reason === 'conflict') log.debug(facts, 'somebody else was quicker; the events are handled again');
  else log.warn(facts, 'events could not be handled; they are tried again');
}
