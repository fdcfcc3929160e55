import { type Condition, conditionLanguage, type Outcome } from '../../../platform/rules/condition.ts';
import type { ClockKind, Pinned } from './clock.ts';

/** A ticket as conditions see it. What is absent is ''. */
export interface TicketFacts {
  type: string;
  priority: string;
  impact: string;
  urgency: string;
  serviceId: string;
  origin: string;
  callerId: string;
  items: readonly string[];
}

/** A definition that is tried on tickets: its condition compiled, its calendar as it is now. Targets are milliseconds of working time. */
export interface Rule {
  definition: Pinned & { name: string };
  calendar: Pinned;
  targets: Partial<Record<ClockKind, number>>;
  condition: Condition;
}

/** What was promised for a ticket when its definition was picked. */
export interface Agreement extends Omit<Rule, 'condition'> {
  explanation: string;
}

/** Compiles a condition over a ticket. Throws AppError `invalid_input` when it names something unknown, mixes types or is no yes-or-no question. */
export const compileCondition = conditionLanguage({
  ticket: {
    fields: {
      type: 'string',
      priority: 'string',
      impact: 'string',
      urgency: 'string',
      serviceId: 'string',
      origin: 'string',
      callerId: 'string',
      items: 'list<string>',
    },
  },
});

/** The first rule that matches, and why it is this one. */
export function pickDefinition(rules: readonly Rule[], ticket: TicketFacts): { agreement?: Agreement; explanation: string } {
  const passedOver: string[] = [];
  const subject = { ticket: { ...ticket } };
  for (const { condition, ...rule } of rules) {
    const outcome = condition.evaluate(subject);
    if (outcome.matches) {
      const { name, version } = rule.definition;
      const explanation = `"${name}" (version ${version}) is the first that matches: ${condition.text}. The ticket: ${listFacts(ticket)}. ${tellPassedOver(passedOver)}`;
      return { agreement: { ...rule, explanation }, explanation };
    }
    passedOver.push(
      outcome.reason === undefined ? `"${rule.definition.name}"` : `"${rule.definition.name}" (could not be evaluated: ${outcome.reason})`,
    );
  }
  return { explanation: `No definition matches. The ticket: ${listFacts(ticket)}. ${tellPassedOver(passedOver)}` };
}

/** What every rule says of the ticket, also those after the first that matches. */
export function tryAll(rules: readonly Rule[], ticket: TicketFacts): (Outcome & { rule: Rule })[] {
  return rules.map((rule) => ({ rule, ...rule.condition.evaluate({ ticket: { ...ticket } }) }));
}

const toldNames = 10;

function tellPassedOver(names: readonly string[]): string {
  if (names.length === 0) return 'None was tried before it.';
  const more = names.length > toldNames ? ` and ${names.length - toldNames} more` : '';
  return `Tried before, without a match: ${names.slice(0, toldNames).join(', ')}${more}.`;
}

function listFacts({ items, ...facts }: TicketFacts): string {
  const told = Object.entries(facts).filter(([, value]) => value !== '');
  return [...told.map(([name, value]) => `${name} ${value}`), ...(items.length > 0 ? [`${items.length} items`] : [])].join(', ');
}
