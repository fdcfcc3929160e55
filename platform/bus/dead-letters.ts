import { AppError } from '../errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../keyset/cursor.ts';
import type { Database } from '../postgres/database.ts';
import { exactly, joinSql, type Statement, sql } from '../postgres/sql.ts';
import type { Envelope } from './event.ts';
import type { HandlingContext, Subscription } from './subscription.ts';

export type DeadLetterStatus = 'waiting' | 'replayed' | 'discarded';

/** An event that could not be handled. */
export interface DeadLetter {
  id: string;
  subscription: string;
  event: Envelope;
  reason: string;
  tries: number;
  /** Epoch milliseconds. */
  failedAt: number;
  status: DeadLetterStatus;
  version: number;
}

interface DeadLetterRow {
  id: string;
  subscription: string;
  event_id: string;
  source: string;
  type: string;
  key: string;
  time: Date;
  data: unknown;
  traceparent: string | null;
  reason: string;
  tries: number;
  failed_at: Date;
  status: DeadLetterStatus;
  version: number;
}

export interface DeadLetterParts {
  database: Database;
  subscriptions: readonly Subscription[];
  context(): HandlingContext;
  /** Throws AppError `invalid_input` when the data does not fit the event's contract. */
  check(event: Envelope): void;
}

/** What people do with the events that a service could not handle: look, fix, replay, discard. Each has its effect at most once. */
export function createDeadLetters({ database, subscriptions, context, check }: DeadLetterParts) {
  async function find(id: string): Promise<DeadLetter> {
    const [letter] = await read(sql`id = ${id}`);
    if (!letter) throw new AppError('not_found', `There is no dead letter "${id}".`);
    return letter;
  }

  async function findWaiting(id: string): Promise<DeadLetter> {
    const letter = await find(id);
    if (letter.status !== 'waiting') throw new AppError('illegal_state', `This dead letter is ${letter.status} already.`);
    return letter;
  }

  async function read(where: Statement): Promise<DeadLetter[]> {
    const rows = await database.query<DeadLetterRow>(
      sql`select id, subscription, event_id, source, type, key, time, data, traceparent, reason, tries, failed_at, status, version from dead_letter where ${where}`,
    );
    return rows.map(toDeadLetter);
  }

  /** Only one of those who settle it at once does; for the others it is a conflict. */
  const settle = ({ id, version }: DeadLetter, status: DeadLetterStatus) =>
    exactly(
      1,
      sql`update dead_letter set status = ${status}, settled_at = now(), version = ${version + 1} where id = ${id} and version = ${version} and status = 'waiting' returning 1`,
    );

  return {
    find,

    async list({
      subscription,
      after,
      limit = 50,
    }: {
      subscription?: string;
      after?: string;
      limit?: number;
    }): Promise<{ items: DeadLetter[]; next?: string }> {
      const conditions = [sql`status = 'waiting'`];
      if (subscription !== undefined) conditions.push(sql`subscription = ${subscription}`);
      if (after !== undefined) {
        const [moment, id] = decodeCursor(after, ['time', 'uuid'], 'failedAt');
        conditions.push(sql`(failed_at, id) > (${moment}::timestamptz, ${id}::uuid)`);
      }
      const rows = await read(sql`${joinSql(conditions, ' and ')} order by failed_at, id limit ${limit + 1}`);
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return { items, ...(rows.length > limit && last && { next: encodeCursor([new Date(last.failedAt).toISOString(), last.id], 'failedAt') }) };
    },

    /** Puts other data in its place; what was refused stays in the service's log that announced it. */
    async fix(id: string, data: unknown): Promise<DeadLetter> {
      const letter = await findWaiting(id);
      check({ ...letter.event, data });
      await database.commit({
        statements: [
          exactly(
            1,
            sql`update dead_letter set data = ${JSON.stringify(data)}::json, version = ${letter.version + 1} where id = ${id} and version = ${letter.version} returning 1`,
          ),
        ],
      });
      return { ...letter, event: { ...letter.event, data }, version: letter.version + 1 };
    },

    /** Handles it once more; the effect and the mark are one commit. What fails again stays, and the error says why. */
    async replay(id: string): Promise<DeadLetter> {
      const letter = await findWaiting(id);
      const subscription = subscriptions.find(({ name }) => name === letter.subscription);
      if (!subscription) throw new AppError('illegal_state', `Nothing listens as "${letter.subscription}" any more. Discard it.`);
      check(letter.event);
      const { statements = [], events = [] } = await subscription.handle([letter.event], context()).catch((error: unknown) => {
        if (error instanceof AppError) throw error;
        throw new AppError('illegal_state', `It failed again: ${error instanceof Error ? error.message : error}`, { cause: error });
      });
      await database.commit({ statements: [...statements, settle(letter, 'replayed')], events });
      return { ...letter, status: 'replayed', version: letter.version + 1 };
    },

    async discard(id: string): Promise<DeadLetter> {
      const letter = await findWaiting(id);
      await database.commit({ statements: [settle(letter, 'discarded')] });
      return { ...letter, status: 'discarded', version: letter.version + 1 };
    },
  };
}

export type DeadLetters = ReturnType<typeof createDeadLetters>;

function toDeadLetter(row: DeadLetterRow): DeadLetter {
  const { id, subscription, reason, tries, status, version } = row;
  const event: Envelope = {
    id: row.event_id,
    source: row.source,
    type: row.type,
    key: row.key,
    time: row.time.toISOString(),
    data: row.data,
    ...(row.traceparent !== null && { traceparent: row.traceparent }),
  };
  return { id, subscription, event, reason, tries, failedAt: row.failed_at.getTime(), status, version };
}
