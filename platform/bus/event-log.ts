import type { Database } from '../postgres/database.ts';
import type { Envelope } from './event.ts';
import type { HandlingContext, Subscription } from './subscription.ts';

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

export interface Publisher {
  /** The sequencer calls it after it has appended: whoever waits for this log may look now. */
  appended(): void;
  stop(): Promise<void>;
}

/** The port between services: two adapters (`postgres-log.ts`, `kafka-log.ts`), one contract suite (`event-log.contract.ts`). */
export interface EventLog {
  /** Begins to carry what the service's sequencer appends to `bus_log` to those who subscribed. */
  publish(database: Database): Promise<Publisher>;
  subscribe(options: SubscriberOptions): Promise<RunningSubscription>;
  tail: EventTail;
}
