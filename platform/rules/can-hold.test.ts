import fc from 'fast-check';
import { canHold } from './can-hold.ts';
import type { Domain } from './read-shape.ts';
import { ruleLanguage } from './rule-language.ts';

const compile = ruleLanguage({
  ticket: { fields: { status: 'string', team: 'string', load: 'double', isRaised: 'bool', tags: 'list<string>' } },
}).condition;
const domains = new Map<string, Domain>([
  ['ticket.status', { type: 'string', values: ['new', 'done'] }],
  ['ticket.team', { type: 'string' }],
  ['ticket.load', { type: 'double', minimum: 0 }],
  ['ticket.isRaised', { type: 'bool' }],
  ['ticket.tags', { type: 'list<string>' }],
]);
const ask = (...texts: string[]) =>
  canHold(
    texts.map((text) => compile(text)),
    domains,
  );

describe('whether conditions can hold', () => {
  it.each([
    ['a constant', 'false'],
    ['a constant that is worked out', '1.0 > 2.0 || "a" == "b"'],
    ['two values at once', 'ticket.team == "a" && ticket.team == "b"'],
    ['a value and not that value', 'ticket.team == "a" && ticket.team != "a"'],
    ['a value outside of the closed set', 'ticket.status == "nwe"'],
    ['yes and no', 'ticket.isRaised && !ticket.isRaised'],
    ['an empty interval', 'ticket.load > 5.0 && ticket.load <= 5.0'],
    ['a number below its least', 'ticket.load < 0.0'],
    ['a list without the value', 'ticket.team in ["a"] && ticket.team == "b"'],
  ])('is known to be impossible for %s', (_, text) => {
    expect(ask(text)).toBe('no');
  });

  it.each([
    ['ticket.load > 5.0 && ticket.load < 5.5'],
    ['ticket.team != "a" && ticket.team != "b"'],
    ['ticket.status == "done" || ticket.team == "x"'],
    ['"red" in ticket.tags'],
    ['ticket.team.startsWith("a")'],
  ])('is known to be possible for %s', (text) => {
    expect(ask(text)).toBe('yes');
  });

  it('is looked at for all of them together', () => {
    expect(ask('ticket.isRaised', 'ticket.team == "a"')).toBe('yes');
    expect(ask('ticket.isRaised', '!ticket.isRaised')).toBe('no');
  });

  it('is left open for what is more than comparisons', () => {
    expect(ask('ticket.team.size() == 40')).toBe('unknown');
  });

  it('is never denied while a fact makes them hold', () => {
    const leaf = fc.oneof(
      fc.tuple(fc.constantFrom('==', '!='), fc.constantFrom('a', 'b')).map(([operator, text]) => `ticket.team ${operator} "${text}"`),
      fc
        .tuple(fc.constantFrom('<', '<=', '>', '>=', '=='), fc.integer({ min: 0, max: 3 }))
        .map(([operator, number]) => `ticket.load ${operator} ${number}.0`),
      fc.constant('ticket.isRaised'),
      fc.constantFrom('new', 'done').map((status) => `ticket.status == "${status}"`),
    );
    const condition = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.tuple(tie('any'), fc.constantFrom('&&', '||'), tie('any')).map(([one, operator, other]) => `(${one} ${operator} ${other})`),
        tie('any').map((one) => `!(${one})`),
      ),
    })).any as fc.Arbitrary<string>;
    const facts = fc.record({
      status: fc.constantFrom('new', 'done'),
      team: fc.constantFrom('a', 'b', 'c', ''),
      load: fc.double({ min: 0, max: 4, noNaN: true }),
      isRaised: fc.boolean(),
      tags: fc.constant<string[]>([]),
    });
    fc.assert(
      fc.property(condition, facts, (text, ticket) => {
        if (compile(text).evaluate({ ticket }).matches) expect(ask(text)).toBe('yes');
      }),
      { numRuns: 300 },
    );
  });
});
