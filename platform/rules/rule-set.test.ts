import fc from 'fast-check';
import { someCondition, someReader, someTicket, variables } from './random-conditions.contract.ts';
import { type Condition, ruleLanguage } from './rule-language.ts';
import { ruleSet } from './rule-set.ts';

const { condition: compile } = ruleLanguage(variables);
const guarded = fc
  .tuple(
    fc.constantFrom('ticket.type == "high"', 'ticket.priority in ["h", "low"]', '"ё" in ticket.tags', 'ticket.labels.team == "high"', '!ticket.vip'),
    someCondition,
  )
  .map(([test, rest]) => `${test} && (${rest})`);
const someRules = fc.array(fc.oneof(someCondition, guarded), { maxLength: 20 });

/** Counts how often it is asked. */
function counted(condition: Condition, asked: { count: number }): Condition {
  return {
    ...condition,
    evaluate(facts) {
      asked.count += 1;
      return condition.evaluate(facts);
    },
  };
}

describe('a set of rules', () => {
  it('finds the rule that a loop over all of them would find first', () => {
    let spared = 0;
    fc.assert(
      fc.property(someRules, someTicket, someReader, (texts, ticket, me) => {
        const rules = texts.map((text, place) => ({ place, condition: compile(text) }));
        const set = ruleSet(rules, variables);
        const matching = rules.filter(({ condition }) => condition.evaluate({ ticket, me }).matches);
        const candidates = set.candidates({ ticket, me });
        expect(set.first({ ticket, me })?.place).toBe(matching[0]?.place);
        expect(candidates.filter((rule) => matching.includes(rule))).toEqual(matching);
        expect(candidates.map(({ place }) => place)).toEqual(candidates.map(({ place }) => place).sort((one, other) => one - other));
        spared += rules.length - candidates.length;
      }),
      { numRuns: 150, seed: 2 },
    );
    expect(spared).toBeGreaterThan(300);
  });

  it('of ten thousand asks only those whose tests can hold', () => {
    const asked = { count: 0 };
    const text = (place: number) =>
      [
        `ticket.type == "high" && ticket.labels.team == "team-${place}"`,
        `ticket.labels.k${place} == "x" && ticket.load > 1.0`,
        `"tag-${place}" in ticket.tags || ticket.type == "type-${place}"`,
        `ticket.priority in ["p-${place}", "q-${place}"] && ticket.vip`,
      ][place % 4] ?? '';
    const rules = Array.from({ length: 10_000 }, (_, place) => ({ place, condition: counted(compile(text(place)), asked) }));
    const set = ruleSet(rules, variables);
    const ticket = { type: 'high', priority: 'q-7', load: 2, vip: true, tags: ['tag-6', 'tag-10'], labels: { team: 'team-4', k9: 'x', k5: 'y' } };
    expect(set.first({ ticket })?.place).toBe(4);
    expect(asked.count).toBe(1);
    expect(set.candidates({ ticket }).map(({ place }) => place)).toEqual([4, 6, 7, 9, 10]);
    expect(set.passedOver(undefined, { ticket }, 3)).toMatchObject({
      told: [{ rule: { place: 0 } }, { rule: { place: 1 } }, { rule: { place: 2 } }],
      more: 9997,
    });
  });
});
