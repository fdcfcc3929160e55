import fc from 'fast-check';
import { type ConditionTree, readTree, writeTree } from './editor-tree.ts';
import { someCondition, someReader, someTicket, variables } from './random-conditions.contract.ts';
import { ruleLanguage } from './rule-language.ts';

const { condition: compile } = ruleLanguage(variables);

describe('a condition in an editor', () => {
  it('says as a tree what it says as text, and its text stays as it is from then on', () => {
    fc.assert(
      fc.property(someCondition, someTicket, someReader, (text, ticket, me) => {
        const written = writeTree(readTree(text));
        expect(writeTree(readTree(written))).toBe(written);
        const outcome = compile(written).evaluate({ ticket, me });
        expect(outcome.matches).toBe(compile(text).evaluate({ ticket, me }).matches);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('is made of groups and comparisons, and of text for what an editor cannot show', () => {
    const text =
      'type == "a" && (labels["x-y"] in ["b", "c"] || !has(due)) && "d" in items && load > -1.5 && size(items) > 2 && at < timestamp("2026-01-01T00:00:00Z") && vip';
    const tree: ConditionTree = {
      all: [
        { field: 'type', operator: '==', value: 'a' },
        { any: [{ field: 'labels["x-y"]', operator: 'in', value: ['b', 'c'] }, { not: { field: 'due', operator: 'has' } }] },
        { field: 'items', operator: 'includes', value: 'd' },
        { field: 'load', operator: '>', value: -1.5 },
        { cel: 'size(items) > 2' },
        { field: 'at', operator: '<', value: { time: '2026-01-01T00:00:00Z' } },
        { field: 'vip', operator: 'is' },
      ],
    };
    expect(readTree(text)).toEqual(tree);
    expect(writeTree(tree)).toBe(text);
  });

  it('keeps what is bracketed apart, and one form for one tree', () => {
    expect(writeTree({ all: [{ cel: 'a || b' }, { all: [{ any: [] }, { all: [] }] }] })).toBe('(a || b) && false && true');
    expect(writeTree({ cel: '1.0-(2.0 - 3.0) == 4.0/(2.0 * x)' })).toBe('1.0 - (2.0 - 3.0) == 4.0 / (2.0 * x)');
    expect(writeTree({ field: 'name', operator: '==', value: 'Ёж "1"\n' })).toBe('name == "Ёж \\"1\\"\\n"');
  });

  it.each([
    ['a field that is code', { field: 'a || true', operator: 'is' }],
    ['an operator that is none', { field: 'a', operator: '=~', value: 'b' }],
    ['a comparison with nothing', { field: 'a', operator: '==' }],
    ['text that breaks out of its place', { all: [{ cel: 'a) || (true' }] }],
    ['a tower of groups', Array.from({ length: 500 }).reduce((tree) => ({ not: tree }), { field: 'a', operator: 'is' })],
  ])('is refused as %s', (_, tree) => {
    expect(() => writeTree(tree)).toThrow('The condition cannot be used.');
  });
});
