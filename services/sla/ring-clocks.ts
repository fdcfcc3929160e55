import type { Database } from '../../platform/postgres/database.ts';
import type { Timers } from '../../platform/timers/timers.ts';
import { beginBatch, noteSteps, readTimerKey, writeBatch } from './clock-batch.ts';
import { advanceClock, evolveClock } from './domain/clock.ts';
import type { ClockStep } from './domain/follow-ticket.ts';
import { readFollowedTickets } from './storage/ticket-store.ts';

/** Announces what time alone does to clocks. The clock decides, not the timer: one that is out of date announces nothing. */
export function ringClocks(database: Database): Timers {
  return {
    async handle(due, now) {
      const fired = due.map((timer) => ({ ...readTimerKey(timer.key), until: Math.round(timer.due) }));
      const batch = beginBatch(await readFollowedTickets(database, [...new Set(fired.map(({ ticketId }) => ticketId))]), now);
      for (const { ticketId, kind, until } of fired) {
        const ticket = batch.after.get(ticketId);
        let clock = ticket?.clocks[kind];
        if (!ticket || !clock) continue;
        const steps: ClockStep[] = [];
        for (const event of advanceClock(clock, until)) {
          clock = evolveClock(kind, clock, event);
          steps.push({ event, clock });
        }
        noteSteps(batch, ticketId, { ...ticket, clocks: { ...ticket.clocks, [kind]: clock } }, steps);
      }
      // The platform deletes what fired in the same commit: a row can be touched only once.
      const firedKeys = new Set(due.map(({ key }) => key));
      return writeBatch(batch, (timer) => (firedKeys.has(timer.key) ? undefined : timer));
    },
  };
}
