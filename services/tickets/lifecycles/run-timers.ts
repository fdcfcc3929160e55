import type { NewId } from '../../../platform/clock/clock.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import type { Parts } from '../../../platform/service/define-service.ts';
import type { Timers } from '../../../platform/timers/timers.ts';
import { announceTransition } from '../announce.ts';
import { followStatus } from '../approvals/follow-status.ts';
import { readTimerKey, timerPrefix } from '../domain/follow-timers.ts';
import { findObstacles, findTransition, type Lifecycle, phaseOf, timersIn } from '../domain/lifecycle.ts';
import { takeStep } from '../domain/take-step.ts';
import { listChanges, type TicketState } from '../domain/ticket.ts';
import { makeEntry } from '../history-entry.ts';
import { ruleOf } from '../raise-incidents.ts';
import { insertHistory } from '../storage/journal-store.ts';
import { readTickets, updateTickets } from '../storage/ticket-store.ts';
import type { TicketParts } from '../tickets.ts';
import { planTimers, writeTimers } from './move-timers.ts';

interface Step {
  before: TicketState;
  after: TicketState;
  lifecycle: Lifecycle;
  transition: string;
  timer: string;
}

/** Takes the steps that timers of lifecycles take. A timer whose step is not possible now is over until something begins it anew. */
export function runTimers({
  database,
  lifecycles,
  matrices,
  policies,
  within,
  newId,
}: Pick<TicketParts, 'database' | 'lifecycles' | 'matrices' | 'policies'> & { within: Parts['within']; newId: NewId }): Timers {
  return {
    prefix: timerPrefix,
    heedsEvents: false,
    async handle(due, now) {
      const wanted = due.map(({ key }) => readTimerKey(key));
      const tickets = await readTickets(database, sql`id = any(${wanted.map(({ ticketId }) => ticketId)}::uuid[])`);
      const { principal } = within(0);
      const steps = new Map<string, Step>();
      for (const { ticketId, timer } of wanted) {
        const ticket = tickets.find(({ id }) => id === ticketId);
        if (!ticket || steps.has(ticketId)) continue;
        const { matrix } = await matrices.find('default', ticket.matrixVersion);
        const step = ring(await lifecycles.of(ticket), timer, { ticket, actor: ruleOf(principal), matrix, now });
        if (step) steps.set(ticketId, step);
      }
      const taken = [...steps.values()];
      if (taken.length === 0) return {};
      const followed = await Promise.all(taken.map((step) => followStatus({ database, policies }, step, { now, newId: () => newId(now) })));
      const writer = { principal, now, newId: () => newId(now) };
      const { set, drop } = planTimers(
        taken.map(({ lifecycle, before, after }) => ({ lifecycle, before: before.status, ticket: after })),
        now,
      );
      // The platform removes the timers that rang in this same commit: no other statement of it may touch them.
      const rang = new Set(due.map(({ key }) => key));
      const changes = {
        statements: [
          updateTickets(taken.map(({ after }) => after)),
          insertHistory(
            taken.map(({ before, after, timer, lifecycle }) =>
              makeEntry(
                writer,
                after.id,
                'transitioned',
                listChanges(before, after),
                `The timer "${timer}" of the lifecycle "${lifecycle.name}" ran out.`,
              ),
            ),
          ),
          ...writeTimers({ set, drop: drop.filter((key) => !rang.has(key)) }),
          ...followed.flatMap(({ statements }) => statements),
        ],
        events: [
          ...followed.flatMap(({ events }) => events),
          ...taken.map(({ before, after, lifecycle, transition }) =>
            announceTransition(after, principal, { transition, before, phase: phaseOf(lifecycle, after.status), byPerson: false }),
          ),
        ],
      };
      if (!set.some(({ key }) => rang.has(key))) return changes;
      // One that rang beside the first begins anew instead. So the steps are written by themselves, and the timers are looked at again.
      await database.commit({ ...changes, at: now });
      throw new AppError('conflict', 'Timers that were due were moved by others that were.');
    },
  };
}

function ring(lifecycle: Lifecycle, name: string, ask: Parameters<typeof takeStep>[2]): Step | undefined {
  const { ticket } = ask;
  const timer = timersIn(lifecycle, ticket.status).find(([one]) => one === name)?.[1];
  if (!timer) return undefined;
  const { take: transition } = timer;
  const leadsOn = findTransition(lifecycle, transition)?.from.includes(ticket.status);
  if (!leadsOn || findObstacles(lifecycle, transition, ask).length > 0) return undefined;
  return { before: ticket, after: takeStep(lifecycle, transition, ask), lifecycle, transition, timer: name };
}
