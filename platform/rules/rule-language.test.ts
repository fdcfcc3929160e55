import { isAppError } from '../errors/app-error.ts';
import { ruleLanguage } from './rule-language.ts';

const language = ruleLanguage({ priority: 'string', load: 'double', labels: 'map<string, string>', tags: 'list<string>' });
const compile = language.condition;
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
    const { condition: about } = ruleLanguage({ ticket: { fields: { type: 'string', items: 'list<string>' } } });
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

describe('the language of rules', () => {
  const { condition, computed } = ruleLanguage({
    ticket: { fields: { subject: 'string', assigneeId: 'string?', tags: 'list<string>', load: 'double', at: 'timestamp' } },
  });
  const messageOf = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (isAppError(error, 'invalid_input')) return error.violations[0]?.message ?? '';
      throw error;
    }
    return 'was taken';
  };

  it.each([
    ['ticket.subjekt == "a"', 'Did you mean ticket.subject?'],
    ['has(ticket.asigneeId)', 'Did you mean ticket.assigneeId?'],
    ['ticket.load == 3', 'Numbers are written with a point: 3.0'],
    ['ticket.subject == null', 'null'],
    ['ticket.subject.split(",") == []', 'The function "split" is not offered'],
  ])('helps with %s', (text, help) => {
    expect(messageOf(() => condition(text))).toContain(help);
  });

  it.each([
    ['a long text', `"${'a'.repeat(5_000)}" == ticket.subject`, 'more than 4000 characters'],
    ['deep brackets', `${'('.repeat(200)}true${')'.repeat(200)}`, 'maxDepth'],
    ['very many parts', Array.from({ length: 400 }, () => 'true').join(' && '), 'maxAstNodes'],
    ['a call with many arguments', `has(${Array.from({ length: 40 }, () => 'ticket').join()})`, 'maxCallArguments'],
    ['lists inside of lists', 'ticket.tags.exists(a, ticket.tags.exists(b, ticket.tags.exists(c, a == b)))', 'too long'],
    ['a regular expression of its own making', 'ticket.subject.matches(ticket.subject)', 'must stand in the rule'],
    ['a regular expression that repeats repetitions', 'ticket.subject.matches("((a{900}){900}){900}")', 'cannot be used'],
    ['a large regular expression', `ticket.subject.matches("(a{0,900}b){0,1}c{0,900}")`, 'too large'],
    ['a regular expression that looks back', 'ticket.subject.matches("(a)\\\\1")', 'cannot be used'],
  ])('refuses %s', (_, text, message) => {
    expect(messageOf(() => condition(text))).toContain(message);
  });

  it('matches what makes other engines try for years in no time, and refuses to go through long lists and texts', () => {
    const evil = condition('ticket.subject.matches("^(a+)+$")');
    const begun = performance.now();
    expect(evil.evaluate({ ticket: { subject: `${'a'.repeat(4_000)}b` } })).toEqual({ matches: false });
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(evil.evaluate({ ticket: { subject: 'a'.repeat(6_000) } }).reason).toMatch(/more than 5000 characters/i);
    const many = { ticket: { tags: Array.from({ length: 201 }, String) } };
    expect(condition('ticket.tags.all(tag, tag != "")').evaluate(many).reason).toMatch(/More than 200 elements/);
  });

  it('computes fields of the type that is asked for', () => {
    const at = new Date('2026-01-01T00:00:00Z');
    const facts = { ticket: { subject: 'Pump', tags: ['a', 'b'], load: 2, at } };
    expect(computed('ticket.subject + "!"', 'string').evaluate(facts)).toEqual({ value: 'Pump!' });
    expect(computed('size(ticket.tags)', 'number').evaluate(facts)).toEqual({ value: 2 });
    expect(computed('ticket.at + duration("1h")', 'timestamp').evaluate(facts)).toEqual({ value: new Date('2026-01-01T01:00:00Z') });
    expect(computed('ticket.tags.filter(tag, tag > "a")', 'list<string>').evaluate(facts)).toEqual({ value: ['b'] });
    expect(computed('ticket.assigneeId', 'string').evaluate(facts)).toEqual({ failure: 'No such key: assigneeId.' });
    expect(messageOf(() => computed('ticket.load', 'string'))).toBe('It gives double, but must be string.');
  });
});
