import type { RaisedIncident, ResolvedIncident, ResolveOutcome } from '../../generated/opora/tickets/v1/tickets.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type Call, may, type Principal } from '../../platform/rpc/call.ts';
import { announceOpened, announceTransition } from './announce.ts';
import { followStatus } from './approvals/follow-status.ts';
import { type Actor, type Lifecycle, phaseOf, stepsFrom } from './domain/lifecycle.ts';
import { takeStep } from './domain/take-step.ts';
import { listChanges, type TicketState } from './domain/ticket.ts';
import { makeEntry } from './history-entry.ts';
import { wantImpact } from './impact/keep-impact.ts';
import { moveTimers } from './lifecycles/move-timers.ts';
import { insertHistory } from './storage/journal-store.ts';
import { insertTickets, readTickets, updateTickets } from './storage/ticket-store.ts';
import type { TicketParts } from './tickets.ts';

/** What rules do with incidents, many at a time and each at most once. */
export function raisingUseCases({ database, lifecycles, matrices, policies, drawNumbers }: TicketParts) {
  return {
    async raise<Answer>(wanted: readonly RaisedIncident[], call: Call, answer: (tickets: TicketState[]) => Answer): Promise<Answer> {
      const keys = [...new Set(wanted.map(({ key }) => key))];
      const known = new Map((await readTickets(database, sql`raise_key = any(${keys}::text[])`)).map((ticket) => [ticket.raiseKey, ticket]));
      const missing = new Map(wanted.filter(({ key }) => !known.has(key)).map((incident) => [incident.key, incident]));
      const [lifecycle, { matrix, version: matrixVersion }] = await Promise.all([lifecycles.forNew('incident'), matrices.newest('default')]);
      const numbers = missing.size > 0 ? await drawNumbers('incident', missing.size) : [];
      const raised = [...missing.values()].map(
        (incident, index): TicketState => ({
          id: call.newId(),
          number: numbers[index] ?? '',
          type: 'incident',
          lifecycle: lifecycle.name,
          lifecycleVersion: lifecycle.version,
          matrixVersion,
          status: lifecycle.content.initial,
          subject: incident.subject,
          ...(incident.description !== undefined && { description: incident.description }),
          impact: incident.impact,
          urgency: incident.urgency,
          priority: matrix[incident.impact][incident.urgency],
          items: incident.items,
          raiseKey: incident.key,
          alertIds: incident.alertIds,
          takenOver: false,
          isOver: false,
          explanation: incident.explanation,
          version: 1,
          createdAt: call.now,
          updatedAt: call.now,
        }),
      );
      for (const ticket of raised) known.set(ticket.raiseKey, ticket);
      const tickets = wanted.flatMap(({ key }) => known.get(key) ?? []);
      if (raised.length === 0) return call.commit({}, answer(tickets));
      const followed = await Promise.all(raised.map((after) => followStatus({ database, policies }, { lifecycle, after }, call)));
      return call.commit(
        {
          statements: [
            insertTickets(raised),
            insertHistory(raised.map((ticket) => makeEntry(call, ticket.id, 'created', [], ticket.explanation))),
            ...wantImpact(
              raised.filter(({ items }) => items.length > 0),
              call.now,
            ),
            ...moveTimers(
              raised.map((ticket) => ({ lifecycle, ticket })),
              call.now,
            ),
            ...followed.flatMap(({ statements }) => statements),
          ],
          events: [...raised.map((ticket) => announceOpened(ticket, call.principal)), ...followed.flatMap(({ events }) => events)],
        },
        answer(tickets),
      );
    },

    async resolve<Answer>(wanted: readonly ResolvedIncident[], call: Call, answer: (outcomes: ResolveOutcome[]) => Answer): Promise<Answer> {
      const found = new Map((await readTickets(database, sql`id = any(${wanted.map(({ id }) => id)}::uuid[])`)).map((ticket) => [ticket.id, ticket]));
      const actor = ruleOf(call.principal);
      const steps: { before: TicketState; after: TicketState; lifecycle: Lifecycle; explanation: string }[] = [];
      for (const { id, resolution, explanation } of new Map(wanted.map((incident) => [incident.id, incident])).values()) {
        const before = found.get(id);
        if (!before || before.takenOver) continue;
        const lifecycle = await lifecycles.of(before);
        if (!stepsFrom(lifecycle, before.status, actor).includes('resolve')) continue;
        const { matrix } = await matrices.find('default', before.matrixVersion);
        const after = takeStep(lifecycle, 'resolve', { ticket: before, actor, resolution, matrix, now: call.now });
        steps.push({ before, after, lifecycle, explanation });
      }
      const resolved = new Set(steps.map(({ after }) => after.id));
      const outcomes = wanted.map(({ id }): ResolveOutcome => {
        const before = found.get(id);
        if (!before) return { id, outcome: 'unknown' };
        return { id, outcome: before.takenOver && !resolved.has(id) ? 'taken_over' : 'resolved' };
      });
      if (steps.length === 0) return call.commit({}, answer(outcomes));
      const followed = await Promise.all(steps.map((step) => followStatus({ database, policies }, step, call)));
      return call.commit(
        {
          statements: [
            updateTickets(steps.map(({ after }) => after)),
            insertHistory(
              steps.map(({ before, after, explanation }) => makeEntry(call, after.id, 'transitioned', listChanges(before, after), explanation)),
            ),
            ...moveTimers(
              steps.map(({ before, after, lifecycle }) => ({ lifecycle, before: before.status, ticket: after })),
              call.now,
            ),
            ...followed.flatMap(({ statements }) => statements),
          ],
          events: [
            ...steps.map(({ before, after, lifecycle }) => {
              const told = { transition: 'resolve', before, phase: phaseOf(lifecycle, after.status), byPerson: false };
              return announceTransition(after, call.principal, told);
            }),
            ...followed.flatMap(({ events }) => events),
          ],
        },
        answer(outcomes),
      );
    },
  };
}

/** A service whose rule takes a step. */
export function ruleOf(principal: Principal): Actor {
  return { id: principal.id, capacity: 'rule', holds: (permission) => may(principal, permission) };
}
