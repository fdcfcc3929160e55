import { type Expression, partsOf, pathOf } from './expression.ts';
import type { Domain } from './read-shape.ts';
import type { Condition } from './rule-language.ts';
import type { Facts } from './shape.ts';

/** How many combinations of values are tried at most. */
const mostTried = 20_000;
/** A text that no condition names. */
const otherText = '\u0001';

interface Mentioned {
  paths: Set<string>;
  texts: Set<string>;
  numbers: Set<number>;
  isExact: boolean;
}

/**
 * Whether all conditions can hold at once, for some facts within the domains. `no` is certain: a value between and beside every one that the conditions name was tried.
 * `unknown` when they do more than compare, or have too many combinations.
 */
export function canHold(conditions: readonly Condition[], domains: ReadonlyMap<string, Domain>): 'yes' | 'no' | 'unknown' {
  const mentioned: Mentioned = { paths: new Set(), texts: new Set(), numbers: new Set(), isExact: true };
  for (const { expression } of conditions) mention(expression, mentioned);
  const paths = [...mentioned.paths];
  const choices = paths.map((path) => choicesOf(domains.get(path), mentioned));
  const total = choices.reduce((product, { length }) => product * length, 1);
  const tried = Math.min(total, mostTried);
  for (let combination = 0; combination < tried; combination++) {
    const facts = makeFacts(paths, choices, combination);
    if (conditions.every((condition) => condition.evaluate(facts).matches)) return 'yes';
  }
  const isCertain = paths.length === 0 || (mentioned.isExact && total <= mostTried);
  return isCertain ? 'no' : 'unknown';
}

/** Notes what an expression names. The answer `no` may rest on comparisons alone: then the values that are tried stand for all others. */
function mention(expression: Expression, into: Mentioned): void {
  const path = pathOf(expression);
  if (path !== undefined) {
    into.paths.add(path);
    return;
  }
  if (!isComparison(expression)) into.isExact = false;
  if (expression.kind === 'literal') {
    const { value } = expression;
    if (typeof value === 'string') into.texts.add(value);
    else if (typeof value !== 'boolean') into.numbers.add(Number(value)).add(-Number(value));
    return;
  }
  for (const part of partsOf(expression)) mention(part, into);
}

function isComparison(expression: Expression): boolean {
  if (expression.kind === 'binary') return !['+', '-', '*', '/', '%'].includes(expression.operator);
  return expression.kind === 'literal' || expression.kind === 'unary' || expression.kind === 'choice' || expression.kind === 'list';
}

function choicesOf(domain: Domain | undefined, mentioned: Mentioned): readonly (string | number | boolean | readonly string[])[] {
  const { texts, numbers } = mentioned;
  switch (domain?.type) {
    case 'bool':
      return domain.only === undefined ? [true, false] : [domain.only];
    case 'double': {
      const sorted = [...numbers].sort((one, other) => one - other);
      const between = sorted.flatMap((number, index) => [number, (number + (sorted[index + 1] ?? number + 2)) / 2]);
      const all = [...new Set([(sorted[0] ?? 0) - 1, ...between, 0])];
      const { minimum = Number.NEGATIVE_INFINITY } = domain;
      return all.filter((number) => number >= minimum);
    }
    case 'string':
      return domain.values ?? [...new Set([...texts, '', otherText])];
    case 'list<string>':
    case undefined:
      mentioned.isExact = false;
      return [[], [...texts], ...[...texts].map((text) => [text])];
  }
}

function makeFacts(paths: readonly string[], choices: readonly (readonly Facts[string][])[], combination: number): Facts {
  const facts: Record<string, Record<string, unknown> | unknown> = {};
  let rest = combination;
  paths.forEach((path, index) => {
    const values = choices[index] ?? [];
    const value = values[rest % values.length];
    rest = Math.floor(rest / values.length);
    const [name = '', field] = path.split('.');
    if (field === undefined) facts[name] = value;
    else facts[name] = { ...(facts[name] as object | undefined), [field]: value };
  });
  return facts as Facts;
}
