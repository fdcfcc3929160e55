import type { Changes } from '../postgres/database.ts';
import type { CallOptions } from '../rpc/call.ts';
import type { Envelope } from './event.ts';

export interface HandlingContext {
  /** Epoch milliseconds at which this batch is handled. */
  readonly now: number;
  newId(at?: number): string;
  /** Options of an RPC made while handling, in the service's own name; idempotencyKey should be made of the event's id. */
  within(milliseconds: number, options?: { idempotencyKey?: string }): CallOptions;
}

/**
 * What a service wants to hear. `handle` reads and calls whatever it needs and RETURNS what is to be written: the platform commits
 * that together with the position (embedded) or the inbox rows (mesh), so each event has exactly one effect, however often
 * `handle` ran. A batch holds the events of one or more keys in their order, at most `batch` of them.
 *
 * Thrown AppError `unavailable`: the batch is tried again with back-off, for as long as it takes. `conflict`: the same, until so many fresh looks show that
 * it is no race. Anything else: the events are handled in ever smaller parts, and the one that still fails alone, five times, goes to the dead letters with its
 * reason; the lane goes on. Data that does not fit its contract goes there at once.
 */
export interface Subscription<Event extends Envelope = Envelope> {
  /** Unique in its service, in kebab-case; it is the consumer group with the service's name before it: `sla.run-clocks`. */
  name: string;
  /** Full names of the events. */
  types: readonly Event['type'][];
  handle(events: readonly Event[], context: HandlingContext): Promise<Changes>;
  /** Most events in one call of `handle`; 500 unless told. */
  batch?: number;
}

/** What the platform holds of a subscription: the events' types are checked against the contract before `handle` sees them. */
export function subscription<Event extends Envelope>(definition: Subscription<Event>): Subscription {
  return definition as unknown as Subscription; // the platform hands over only events of the declared types
}
