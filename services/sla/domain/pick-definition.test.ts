import { isAppError } from '../../../platform/errors/app-error.ts';
import { compileCondition, openRuleSet, pickDefinition as pick, type Rule, type TicketFacts, tryAll } from './pick-definition.ts';

const rule = (name: string, condition: string): Rule => ({
  definition: { id: name.toLowerCase(), version: 3, name },
  calendar: { id: 'office', version: 1 },
  targets: { resolution: 1 },
  condition: compileCondition(condition),
});
const pickDefinition = (rules: Rule[], facts: TicketFacts) => pick(openRuleSet(rules), facts);
const ticket: TicketFacts = {
  type: 'incident',
  priority: 'high',
  impact: 'high',
  urgency: 'medium',
  serviceId: '',
  origin: 'monitoring',
  callerId: '',
  items: ['pump'],
};

describe('a definition', () => {
  it('is the first whose condition matches, and tells why and what was tried before', () => {
    const rules = [rule('Critical', 'ticket.priority == "critical"'), rule('Alerts', 'ticket.origin == "monitoring"'), rule('All', 'true')];
    const { agreement, explanation } = pickDefinition(rules, ticket);
    expect(agreement).toMatchObject({ definition: { id: 'alerts', version: 3 }, targets: { resolution: 1 } });
    expect(explanation).toBe(
      '"Alerts" (version 3) is the first that matches: ticket.origin == "monitoring". The ticket: type incident, priority high, impact high, urgency medium, ' +
        'origin monitoring, 1 items. Tried before, without a match: "Critical".',
    );
  });

  it('is none when no condition matches, and tells that', () => {
    const { agreement, explanation } = pickDefinition([rule('Critical', 'ticket.priority == "critical"')], ticket);
    expect(agreement).toBeUndefined();
    expect(explanation).toMatch(/^No definition matches\. .*without a match: "Critical"\.$/);
  });

  it('does not match when its condition cannot be evaluated on the ticket, and tells why', () => {
    const { explanation } = pickDefinition([rule('Odd', 'ticket.items[5] == "pump"')], ticket);
    expect(explanation).toMatch(/"Odd" \(could not be evaluated: .+\)/);
  });

  it('names ten of very many that were tried', () => {
    const rules = Array.from({ length: 14 }, (_, index) => rule(`R${index}`, 'false'));
    expect(pickDefinition(rules, ticket).explanation).toMatch(/"R9" and 4 more\.$/);
  });

  it('can be tried without stopping at the first', () => {
    expect(tryAll([rule('All', 'true'), rule('None', 'false')], ticket).map(({ matches }) => matches)).toEqual([true, false]);
  });

  it.each([
    ['an unknown name', 'tickets.priority == "high"', /tickets/],
    ['an unknown field', 'ticket.prioritty == "high"', /prioritty.*ticket\.priority/],
    ['a wrong type', 'ticket.priority > 3', /string > int/],
    ['what is no question', 'ticket.priority', /true or false/],
  ])('is refused with %s when it is saved', (_, condition, message) => {
    expect.assertions(1);
    try {
      compileCondition(condition);
    } catch (error) {
      if (!isAppError(error, 'invalid_input')) throw error;
      expect(error.violations[0]?.message).toMatch(message);
    }
  });
});
