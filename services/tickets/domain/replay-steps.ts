import type { TryDifference, TryReport } from '../../../generated/opora/catalog/v1/catalog.ts';
import { findObstacles, type Lifecycle } from './lifecycle.ts';
import type { TicketState } from './ticket.ts';
import { countDifferences } from './try-ranking.ts';

/** A ticket as it is now, and the steps that it took, oldest first. */
export interface PastTicket {
  ticket: TicketState;
  steps: readonly { before: string; after: string }[];
}

type Label = NonNullable<TryDifference['what']>;

/** How past tickets would have gone: whether each of their steps leads on in this lifecycle, and what would have kept people from it. Who took a step is not asked. */
export function replaySteps(lifecycle: Lifecycle, past: readonly PastTicket[]): TryReport {
  const steps = new Map(past.map((one) => [one.ticket.id, one.steps]));
  return countDifferences(
    past.map(({ ticket }) => ticket),
    (ticket) => (steps.get(ticket.id) ?? []).flatMap((step) => differenceOf(lifecycle, ticket, step)),
  );
}

function differenceOf(lifecycle: Lifecycle, ticket: TicketState, { before, after }: PastTicket['steps'][number]): Label[] {
  const ways = Object.entries(lifecycle.content.transitions).filter(([, { from, to }]) => from.includes(before) && to === after);
  const [first] = ways;
  if (!first) return [{ ru: `Нет перехода ${before} → ${after}.`, en: `No step leads from ${before} to ${after}.` }];
  const actor = { id: ticket.assigneeId ?? '', holds: () => true };
  const obstacles = ways.map(([name, { by }]) =>
    findObstacles(lifecycle, name, {
      ticket: { ...ticket, status: before },
      actor: { ...actor, capacity: by[0] ?? 'worker' },
      resolution: ticket.resolution ?? '',
    }),
  );
  if (obstacles.some(({ length }) => length === 0)) return [];
  const message = obstacles[0]?.[0]?.message;
  return [{ ru: `${before} → ${after}: ${message?.ru}`, en: `${before} → ${after}: ${message?.en}` }];
}
