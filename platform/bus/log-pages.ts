import type { Pool } from 'pg';
import { translateServerError } from '../postgres/server-error.ts';
import { raw, render, sql } from '../postgres/sql.ts';
import type { Envelope } from './event.ts';

export interface LoggedEvent {
  pos: number;
  event: Envelope;
}

/** Reads other services' logs. */
export interface LogPages {
  /**
   * The events that follow `after`, at most `pageSize`; none when the source has announced nothing yet, or never started.
   * `head` is how far the reader knows the log to go: the answer is never older than that knowledge.
   */
  read(source: string, after: number, head: number): Promise<readonly LoggedEvent[]>;
  /** Where the log of a source ends; 0 when it has none. */
  readHead(source: string): Promise<number>;
}

export const pageSize = 500;
const keptPages = 16;
/** Undefined table, undefined schema: the source has never been started. */
const absent = new Set(['42P01', '3F000']);

export interface LogRow {
  pos: string;
  event_id: string;
  type: string;
  key: string;
  time: Date;
  data: unknown;
  traceparent: string | null;
}

/**
 * Subscriptions of one source mostly stand at the same place, so that a page is read once for all of them. A page stays true for ever: the log only grows at its
 * end, in the order in which it is read. `reader` may read every service's bus_log.
 */
export function openLogPages(reader: Pool): LogPages {
  const kept = new Map<string, Promise<readonly LoggedEvent[]>>();

  async function query<Row extends object>(statement: ReturnType<typeof sql>, name: string): Promise<Row[]> {
    try {
      return (await reader.query<Row>({ name, ...render(statement) })).rows;
    } catch (error) {
      if (error instanceof Error && 'code' in error && absent.has(String(error.code))) return [];
      throw translateServerError(error);
    }
  }

  async function readPage(source: string, after: number): Promise<readonly LoggedEvent[]> {
    const rows = await query<LogRow>(
      sql`select pos, event_id, type, key, time, data, traceparent from ${schemaOf(source)}.bus_log where pos > ${after}::bigint order by pos limit ${raw(String(pageSize))}`,
      `read-${source}`,
    );
    return rows.map((row) => ({ pos: Number(row.pos), event: toEnvelope(row, source) }));
  }

  return {
    async read(source, after, head) {
      const name = `${source} ${after} ${Math.min(head, after + pageSize)}`;
      const known = kept.get(name);
      if (known) return known;
      const page = readPage(source, after);
      kept.set(name, page);
      for (const oldest of kept.keys()) {
        if (kept.size <= keptPages) break;
        kept.delete(oldest);
      }
      try {
        const events = await page;
        if (events.length === 0) kept.delete(name);
        return events;
      } catch (error) {
        kept.delete(name);
        throw error;
      }
    },
    async readHead(source) {
      const [row] = await query<{ pos: number }>(sql`select coalesce(max(pos), 0)::float8 as pos from ${schemaOf(source)}.bus_log`, `head-${source}`);
      return row?.pos ?? 0;
    },
  };
}

/** A source's name is part of the contract, and still becomes SQL text only when it looks like one. */
function schemaOf(source: string) {
  if (!/^[a-z][a-z_]{0,40}$/.test(source)) throw new Error(`"${source}" is no service's name.`);
  return raw(`"${source}"`);
}

export function toEnvelope({ event_id, type, key, time, data, traceparent }: LogRow, source: string): Envelope {
  return { id: event_id, type, key, source, time: time.toISOString(), data, ...(traceparent !== null && { traceparent }) };
}
