import type { NewEvent } from '../bus/event.ts';
import type { Statement } from './sql.ts';

/**
 * What one decision writes. All of it becomes ONE SQL statement, and so one transaction in one round trip: the statements are joined
 * as `with … as (…)`, the events go to the outbox. Two statements of one commit must not touch the same row
 * (PostgreSQL shows them the same snapshot).
 */
export interface Changes {
  statements?: readonly Statement[];
  events?: readonly NewEvent[];
  /** When it was decided (epoch milliseconds), which is the events' time; the clock's now unless told. */
  at?: number;
}

/** A service's own schema, under its own role. Errors of the server are turned into AppErrors: `unavailable`, `conflict`. */
export interface Database {
  /** The schema's name, which is the service's name. */
  readonly schema: string;
  query<Row extends object>(statement: Statement): Promise<Row[]>;
  /** Writes the changes or nothing, and wakes the sequencer. A lost `exactly` is AppError `conflict`. */
  commit(changes: Changes): Promise<void>;
  /**
   * Whether what runs now is inside of a batch, which holds locks until its end. Who works for many callers at once (a queue, one query for all) must not take
   * such a caller in with the others, who would wait for its end or be taken back with it: it is served alone. Nothing that it reads may be kept in a cache.
   */
  isInTransaction(): boolean;
}
