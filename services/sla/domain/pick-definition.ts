import { type Condition, type Outcome, ruleLanguage } from '../../../platform/rules/rule-language.ts';
import { type RuleSet, ruleSet } from '../../../platform/rules/rule-set.ts';
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

const language = ruleLanguage({
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

/** Compiles a condition over a ticket. Throws AppError `invalid_input` when it names something unknown, mixes types or is no yes-or-no question. */
export const compileCondition = language.condition;

/** Definitions in their order, ready for tickets: each ticket meets only those that can match it. */
export const openRuleSet = (rules: readonly Rule[]): RuleSet<Rule> => ruleSet(rules, language.variables);

/** The first rule that matches, and why it is this one. */
export function pickDefinition(rules: RuleSet<Rule>, ticket: TicketFacts): { agreement?: Agreement; explanation: string } {
  const subject = { ticket: { ...ticket } };
  const found = rules.first(subject);
  const before = tellPassedOver(rules.passedOver(found, subject, toldNames));
  if (!found) return { explanation: `No definition matches. The ticket: ${listFacts(ticket)}. ${before}` };
  const { condition, ...rule } = found;
  const { name, version } = rule.definition;
  const explanation = `"${name}" (version ${version}) is the first that matches: ${condition.text}. The ticket: ${listFacts(ticket)}. ${before}`;
  return { agreement: { ...rule, explanation }, explanation };
}

/** What every rule says of the ticket, also those after the first that matches. */
export function tryAll(rules: readonly Rule[], ticket: TicketFacts): (Outcome & { rule: Rule })[] {
  return rules.map((rule) => ({ rule, ...rule.condition.evaluate({ ticket: { ...ticket } }) }));
}

const toldNames = 10;

function tellPassedOver({ told, more }: ReturnType<RuleSet<Rule>['passedOver']>): string {
  if (told.length === 0) return 'None was tried before it.';
  const names = told.map(({ rule, reason }) =>
    reason === undefined ? `"${rule.definition.name}"` : `"${rule.definition.name}" (could not be evaluated: ${reason})`,
  );
  return `Tried before, without a match: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}

function listFacts({ items, ...facts }: TicketFacts): string {
  const told = Object.entries(facts).filter(([, value]) => value !== '');
  return [...told.map(([name, value]) => `${name} ${value}`), ...(items.length > 0 ? [`${items.length} items`] : [])].join(', ');
}
