import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import { type Clock, type ClockEvent, type ClockKind, clockKinds, evolveClock } from '../domain/clock.ts';
import type { FollowedTicket, Phase } from '../domain/follow-ticket.ts';
import type { Agreement, TicketFacts } from '../domain/pick-definition.ts';

interface TicketRow {
  id: string;
  number: string;
  version: number;
  at: Date;
  phase: Phase;
  responded: boolean;
  facts: TicketFacts;
  agreement: Agreement | null;
  histories: Partial<Record<ClockKind, ClockEvent[]>> | null;
}

/** These tickets with their clocks, in one query, by id. */
export async function readFollowedTickets(database: Database, ids: readonly string[]): Promise<Map<string, FollowedTicket>> {
  const rows = await database.query<TicketRow>(
    sql`select id, number, version, at, phase, responded, facts, agreement,
        (select json_object_agg(kind, history) from clock where ticket_id = ticket.id) as histories
      from ticket where id = any(${ids}::uuid[])`,
  );
  return new Map(
    rows.map(({ id, at, agreement, histories, ...row }) => [
      id,
      { ...row, at: at.getTime(), ...(agreement && { agreement }), clocks: replayClocks(histories ?? {}) },
    ]),
  );
}

function replayClocks(histories: Partial<Record<ClockKind, ClockEvent[]>>): FollowedTicket['clocks'] {
  const clocks: FollowedTicket['clocks'] = {};
  for (const kind of clockKinds) {
    const clock = replayClock(kind, histories[kind] ?? []);
    if (clock) clocks[kind] = clock;
  }
  return clocks;
}

/** A clock from its history; undefined from an empty one. */
export function replayClock(kind: ClockKind, history: readonly ClockEvent[]): Clock | undefined {
  return history.reduce<Clock | undefined>((clock, event) => evolveClock(kind, clock, event), undefined);
}

/** Writes tickets as they are now known, new or not. */
export function writeTickets(tickets: ReadonlyMap<string, FollowedTicket>): Statement {
  const rows = [...tickets].map(([id, { number, version, at, phase, responded, facts, agreement }]) => ({
    id,
    number,
    version,
    at: new Date(at).toISOString(),
    phase,
    responded,
    facts,
    agreement,
  }));
  return sql`insert into ticket (id, number, version, at, phase, responded, facts, agreement)
    select id, number, version, at, phase, responded, facts, agreement from json_populate_recordset(null::ticket, ${JSON.stringify(rows)}::json)
    on conflict (id) do update set version = excluded.version, at = excluded.at, phase = excluded.phase, responded = excluded.responded,
      facts = excluded.facts, agreement = excluded.agreement`;
}
