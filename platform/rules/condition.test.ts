import { isAppError } from '../errors/app-error.ts';
import { conditionLanguage } from './condition.ts';

const compile = conditionLanguage({ priority: 'string', load: 'double', labels: 'map<string, string>', tags: 'list<string>' });
const facts = { priority: 'high', load: 0.5, labels: { severity: 'critical' }, tags: ['a'] };

describe('a condition', () => {
  it('answers for the given facts', () => {
    expect(compile('priority == "high" && labels.severity == "critical"').evaluate(facts)).toEqual({ matches: true });
    expect(compile('load > 0.7 || "b" in tags').evaluate(facts)).toEqual({ matches: false });
    expect(compile('labels["severity"] in ["critical", "warning"]').evaluate(facts)).toEqual({ matches: true });
  });

  it('does not match and says why when it asks for a label that is not there', () => {
    const outcome = compile('labels.team == "network"').evaluate(facts);
    expect(outcome.matches).toBe(false);
    expect(outcome.reason).toMatch(/team/);
  });

  it('knows the fields of an object and refuses any other', () => {
    const about = conditionLanguage({ ticket: { fields: { type: 'string', items: 'list<string>' } } });
    const ticket = { type: 'incident', items: ['pump-1'] };
    expect(about('ticket.type == "incident" && "pump-1" in ticket.items').evaluate({ ticket })).toEqual({ matches: true });
    expect(() => about('ticket.kind == "incident"')).toThrow('The condition cannot be used.');
  });

  it.each([
    ['an unknown name', 'prioritty == "high"', /prioritty/],
    ['a wrong type', 'priority > 3.0', /overload/],
    ['what is no question', 'priority + "x"', /true or false/],
    ['broken text', 'priority ==', /./],
    ['injected code', 'process.exit(1)', /process/],
    ['a monster', `${'!'.repeat(500)}true`, /./],
  ])('refuses %s when it is saved, naming the field', (_, text, message) => {
    expect.assertions(2);
    try {
      compile(text, '/rules/0/condition');
    } catch (error) {
      if (!isAppError(error, 'invalid_input')) throw error;
      expect(error.violations[0]?.pointer).toBe('/rules/0/condition');
      expect(error.violations[0]?.message).toMatch(message);
    }
  });
});
