import type { Subscription } from '../../platform/bus/subscription.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { Timer } from '../../platform/timers/timers.ts';
import { beginBatch, noteSteps, writeBatch } from './clock-batch.ts';
import { clockKinds, type Pinned } from './domain/clock.ts';
import { type FollowedTicket, followTicket, type Rules } from './domain/follow-ticket.ts';
import { pickDefinition, type Rule } from './domain/pick-definition.ts';
import { hearTicket, type TicketHeard } from './hear-ticket.ts';
import type { Rulebook } from './storage/rulebook.ts';
import { readFollowedTickets, writeTickets } from './storage/ticket-store.ts';

/** How long the history of a clock that is learnt of after its moment has to arrive before the moment is announced (ADR 0020). */
const lateHistoryGrace = 10_000;

/** Starts, pauses and ends the clocks of tickets as the tickets' events tell. */
export function runClocks(database: Database, rulebook: Rulebook): Subscription<TicketHeard> {
  return {
    name: 'run-clocks',
    types: [
      'opora.tickets.v1.TicketOpened',
      'opora.tickets.v1.TicketUpdated',
      'opora.tickets.v1.TicketTransitioned',
      'opora.tickets.v1.CommentAdded',
    ],
    async handle(events, { now }) {
      const ids = [...new Set(events.map(({ key }) => key))];
      const [known, current] = await Promise.all([readFollowedTickets(database, ids), rulebook.currentRules()]);
      const time = await rulebook.workingTimes(calendarsOf(known.values(), current.rules));
      const rules: Rules = { pick: (facts) => pickDefinition(current, facts).agreement, time };

      const batch = beginBatch(known, now);
      for (const event of events) {
        const fact = hearTicket(event);
        const followed = fact && followTicket(batch.after.get(event.key), fact, rules);
        if (followed) noteSteps(batch, event.key, followed.ticket, followed.steps);
      }
      if (batch.steps.size === 0) return {};
      const changed = new Map([...batch.after].filter(([id]) => batch.steps.has(id)));
      const settle = ({ key, due }: Timer) => ({ key, due: due > now ? due : now + lateHistoryGrace });
      const { statements, events: announced } = writeBatch(batch, settle);
      return { statements: [writeTickets(changed), ...statements], events: announced };
    },
  };
}

function* calendarsOf(tickets: Iterable<FollowedTicket>, rules: readonly Rule[]): Iterable<Pinned> {
  for (const { calendar } of rules) yield calendar;
  for (const { agreement, clocks } of tickets) {
    if (agreement) yield agreement.calendar;
    for (const kind of clockKinds) {
      const clock = clocks[kind];
      if (clock) yield clock.terms.calendar;
    }
  }
}
