import type { OpenDatabase } from '../engines/engines.ts';
import type { Database } from '../postgres/database.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Envelope } from './event.ts';
import type { HandlingContext, Subscription } from './subscription.ts';

/** How far a service's `bus_log` goes. */
export interface LogHead {
  pos: number;
  /** Nothing that was committed before this moment (epoch milliseconds) lies behind `pos`. Undefined while more is waiting in the outbox. */
  drainedAt?: number;
}

/** What carries a service's `bus_log` to those who subscribed. */
export interface Publication {
  /** The sequencer's word after each of its passes. */
  noteHead(head: LogHead): void;
  stop(): Promise<void>;
}

/** A running subscription. */
export interface RunningSubscription {
  /**
   * The moment (epoch milliseconds) up to which nothing that was announced is still waiting for this subscription, as far as its engine knows.
   * Timers wait for it, so that a deadline is not announced as missed while the event that met it is still on its way.
   */
  caughtUpAt(): number;
  /** Events that were announced and are not handled yet, as far as the log numbers them. */
  lag(): Promise<number>;
  /** Stops after the batch under way. */
  stop(): Promise<void>;
}

export interface SubscriberOptions {
  /** The subscribing service's schema, where positions, inbox and dead letters live. */
  database: Database;
  subscription: Subscription;
  context(): HandlingContext;
  /** Throws AppError `invalid_input` when the event's data does not fit its contract. */
  check(event: Envelope): void;
  metrics: Metrics;
}

/** Where a follower of all events stands; opaque, printable, safe in an HTTP header. */
export type TailPosition = string;

/** Follows events as they are announced, without storing a position: for showing, never for effects. */
export type EventTail = (options: {
  sources: readonly string[];
  /** Undefined: from now on. */
  from?: TailPosition;
  onEvent(event: Envelope, position: TailPosition): void;
}) => Promise<{ stop(): Promise<void> }>;

/** The port between services: two adapters (`postgres-log.ts`, `kafka-log.ts`), one contract suite (`event-log.contract.ts`). */
export interface EventLog {
  /** Begins to carry what the service's sequencer appends to `bus_log` to those who subscribed. */
  publish(database: OpenDatabase, metrics: Metrics): Promise<Publication>;
  subscribe(options: SubscriberOptions): Promise<RunningSubscription>;
  tail: EventTail;
}

/** The service that announces events of this type: `tickets` for `opora.tickets.v1.TicketOpened`. */
export function sourceOf(type: string): string {
  const [, source] = type.split('.');
  if (source === undefined) throw new Error(`"${type}" is no event's full name.`);
  return source;
}
