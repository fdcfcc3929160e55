import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { Clock, ClockEvent, ClockKind } from '../domain/clock.ts';
import { replayClock } from './ticket-store.ts';

/** A clock as it is after new events. */
export interface ChangedClock {
  ticketId: string;
  clock: Clock;
  /** What happened since it was read. */
  events: readonly ClockEvent[];
}

/** Appends to clocks' histories. A clock that somebody else moved on meanwhile makes the commit a conflict. */
export function writeClocks(changed: readonly ChangedClock[], now: number): Statement {
  const updatedAt = new Date(now).toISOString();
  const rows = changed.map(({ ticketId, clock, events }) => ({
    ticket_id: ticketId,
    kind: clock.kind,
    state: clock.state,
    deadline: clock.deadline === undefined ? 'infinity' : new Date(clock.deadline).toISOString(),
    breached: clock.breachedAt !== undefined,
    version: clock.version,
    history: events,
    updated_at: updatedAt,
  }));
  return exactly(
    changed.length,
    sql`insert into clock select * from json_populate_recordset(null::clock, ${JSON.stringify(rows)}::json)
      on conflict (ticket_id, kind) do update set state = excluded.state, deadline = excluded.deadline, breached = excluded.breached,
        version = excluded.version, history = clock.history || excluded.history, updated_at = excluded.updated_at
      where clock.version = excluded.version - jsonb_array_length(excluded.history) returning 1`,
  );
}

/** A clock with its whole history and the ticket it runs on. */
export interface TicketClock {
  ticketId: string;
  ticketNumber: string;
  clock: Clock;
  history: ClockEvent[];
  updatedAt: number;
}

/** Clocks that fit `where` (over `clock` and `ticket`), the soonest deadline first. */
export async function readClocks(database: Database, where: Statement, limit: number): Promise<TicketClock[]> {
  const rows = await database.query<{ ticket_id: string; number: string; kind: ClockKind; history: ClockEvent[]; updated_at: Date }>(
    sql`select ticket_id, number, kind, history, updated_at from clock join ticket on ticket.id = clock.ticket_id
      where ${where} order by deadline, ticket_id, kind limit ${limit}`,
  );
  return rows.flatMap(({ ticket_id, number, kind, history, updated_at }) => {
    const clock = replayClock(kind, history);
    return clock ? [{ ticketId: ticket_id, ticketNumber: number, clock, history, updatedAt: updated_at.getTime() }] : [];
  });
}
