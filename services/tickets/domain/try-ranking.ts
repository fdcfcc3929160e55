import type { TryDifference, TryReport } from '../../../generated/opora/catalog/v1/catalog.ts';
import type { Policy } from './approval.ts';
import { ticketFacts } from './lifecycle.ts';
import type { PriorityMatrix, TicketState } from './ticket.ts';

type Label = NonNullable<TryDifference['what']>;

const mostDifferences = 50;
const mostExamples = 5;

/** What is otherwise with each ticket, counted; nothing where it is the same. */
export function countDifferences(tickets: readonly TicketState[], differ: (ticket: TicketState) => readonly Label[]): TryReport {
  const found = new Map<string, TryDifference>();
  let same = 0;
  for (const ticket of tickets) {
    const labels = new Map(differ(ticket).map((label) => [label.en, label]));
    if (labels.size === 0) same++;
    for (const [key, what] of labels) {
      const difference = found.get(key) ?? { what, count: 0, examples: [] };
      difference.count++;
      if (difference.examples.length < mostExamples) difference.examples.push(ticket.number);
      found.set(key, difference);
    }
  }
  const differences = [...found.values()].sort((one, other) => other.count - one.count).slice(0, mostDifferences);
  return { cases: tickets.length, same, differences };
}

/** Priorities that would be others. */
export function tryMatrix(matrix: PriorityMatrix, tickets: readonly TicketState[]): TryReport {
  return countDifferences(tickets, ({ impact, urgency, priority }) => {
    const now = matrix[impact][urgency];
    return now === priority ? [] : [{ ru: `${priority} → ${now}`, en: `${priority} → ${now}` }];
  });
}

/** Stages that would not be asked, for their conditions do not hold. */
export function tryPolicy({ content, conditions }: Policy, tickets: readonly TicketState[]): TryReport {
  return countDifferences(tickets, (ticket) => {
    const facts = { ticket: ticketFacts(ticket) };
    return content.stages.flatMap(({ title }, place) =>
      conditions[place]?.evaluate(facts).matches === false ? [{ ru: `Не спрашивают: ${title.ru}`, en: `Not asked: ${title.en}` }] : [],
    );
  });
}
