import { type Expression, operandsOf, pathOf } from './expression.ts';
import type { Condition, Outcome } from './rule-language.ts';
import { type Facts, factAt, type Shape, shapeOf, type Variables } from './shape.ts';

/** A test that must hold for a rule to match: a field has this value, or its list holds it. */
interface Key {
  field: string;
  value: string | number | boolean;
}

/** Rules in their order, of which an event meets only those whose equality tests can hold for it. */
export interface RuleSet<Rule> {
  readonly rules: readonly Rule[];
  /** In their order: all rules that may match these facts, and some others. What is left out surely does not match. */
  candidates(facts: Facts): Rule[];
  /** The first rule that matches. */
  first(facts: Facts): Rule | undefined;
  /** Those before this rule (before the end, without one), each with the reason if it could not be evaluated: at most so many, and how many more there are. */
  passedOver(rule: Rule | undefined, facts: Facts, most: number): { told: (Outcome & { rule: Rule })[]; more: number };
}

/** Places of rules by field and value. */
type Index = ReadonlyMap<string, ReadonlyMap<unknown, readonly number[]>>;

export function ruleSet<Rule extends { condition: Condition }>(rules: readonly Rule[], variables: Variables): RuleSet<Rule> {
  const keys = rules.map(({ condition }) => keysOf(condition.expression, variables));
  const weights = countUses(keys);
  const index = new Map<string, Map<unknown, number[]>>();
  /** Fields of these maps are looked up by the keys that an event has: the rules may speak of many more. */
  const maps = new Set<string>();
  const always: number[] = [];
  rules.forEach((_, place) => {
    const best = pickRarest(keys[place] ?? [], weights);
    if (!best) always.push(place);
    for (const { field, value } of best ?? []) {
      const values = index.get(field) ?? new Map<unknown, number[]>();
      const places = values.get(value) ?? [];
      places.push(place);
      index.set(field, values.set(value, places));
      if (shapeOf(variables, field) === undefined) maps.add(field.slice(0, field.lastIndexOf('.')));
    }
  });

  const fields = [...index.keys()].filter((field) => shapeOf(variables, field) !== undefined);

  const candidates = (facts: Facts): Rule[] => {
    const keysOfMaps = [...maps].flatMap((map) => Object.keys(factAt(facts, map) ?? {}).map((key) => `${map}.${key}`));
    return placesOf(index, [...fields, ...keysOfMaps], always, facts).flatMap((place) => rules[place] ?? []);
  };
  return {
    rules,
    candidates,
    first: (facts) => candidates(facts).find(({ condition }) => condition.evaluate(facts).matches),
    passedOver(rule, facts, most) {
      const count = rule ? rules.indexOf(rule) : rules.length;
      const told = rules.slice(0, Math.min(count, most)).map((one) => ({ rule: one, ...one.condition.evaluate(facts) }));
      return { told, more: count - told.length };
    },
  };
}

function placesOf(index: Index, fields: readonly string[], always: readonly number[], facts: Facts): number[] {
  const places = new Set(always);
  for (const field of fields) {
    const values = index.get(field);
    const fact = values && factAt(facts, field);
    // A list is asked for each of its values.
    for (const value of Array.isArray(fact) ? fact : [fact]) for (const place of values?.get(value) ?? []) places.add(place);
  }
  return [...places].sort((one, other) => one - other);
}

/** The ways to say of a rule which tests must hold: of each way, one of the tests at least. Empty: nothing is known. */
function keysOf(expression: Expression, variables: Variables): Key[][] {
  if (expression.kind === 'binary' && expression.operator === '&&') {
    return operandsOf(expression, '&&').flatMap((operand) => keysOf(operand, variables));
  }
  if (expression.kind === 'binary' && expression.operator === '||') {
    const ways = operandsOf(expression, '||').map((operand) => keysOf(operand, variables)[0]);
    return ways.every((way) => way !== undefined) ? [ways.flat()] : [];
  }
  const test = testOf(expression, variables);
  return test ? [test] : [];
}

function testOf(expression: Expression, variables: Variables): Key[] | undefined {
  const own = fieldOf(expression, variables);
  if (own !== undefined) return expression.type === 'bool' ? [{ field: own, value: true }] : undefined;
  if (expression.kind === 'unary' && expression.operator === '!') {
    const negated = fieldOf(expression.operand, variables);
    return negated === undefined ? undefined : [{ field: negated, value: false }];
  }
  if (expression.kind !== 'binary') return undefined;
  const { left, operator, right } = expression;
  if (operator === '==') return equality(left, right, variables) ?? equality(right, left, variables);
  if (operator !== 'in') return undefined;
  const [field, list] = [fieldOf(left, variables), fieldOf(right, variables)];
  if (field !== undefined && right.kind === 'list') {
    const values = right.elements.map(literalOf);
    return values.every((value) => value !== undefined) ? values.map((value) => ({ field, value })) : undefined;
  }
  const value = literalOf(left);
  const isList = list !== undefined && plain(shapeOf(variables, list)).startsWith('list<');
  return isList && value !== undefined ? [{ field: list, value }] : undefined;
}

function equality(side: Expression, other: Expression, variables: Variables): Key[] | undefined {
  const [field, value] = [fieldOf(side, variables), literalOf(other)];
  return field === undefined || value === undefined ? undefined : [{ field, value }];
}

/** A declared field, or a key of a declared map, as one name with dots. */
function fieldOf(expression: Expression, variables: Variables): string | undefined {
  const path = pathOf(expression);
  if (path !== undefined && shapeOf(variables, path) !== undefined) return path;
  const [of, key] =
    expression.kind === 'field'
      ? [expression.of, expression.name]
      : expression.kind === 'index' && expression.key.kind === 'literal'
        ? [expression.of, expression.key.value]
        : [];
  const map = of && pathOf(of);
  if (map === undefined || typeof key !== 'string' || key.includes('.')) return undefined;
  return plain(shapeOf(variables, map)).startsWith('map<') ? `${map}.${key}` : undefined;
}

function plain(shape: Shape | undefined): string {
  return typeof shape === 'string' ? shape : '';
}

function literalOf(expression: Expression): Key['value'] | undefined {
  return expression.kind === 'literal' && typeof expression.value !== 'bigint' ? expression.value : undefined;
}

function countUses(keys: readonly Key[][][]): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const { field, value } of keys.flat(2)) uses.set(nameOf(field, value), (uses.get(nameOf(field, value)) ?? 0) + 1);
  return uses;
}

/** Of the tests of a rule those by which the fewest rules are found. */
function pickRarest(ways: readonly Key[][], uses: ReadonlyMap<string, number>): Key[] | undefined {
  const weigh = (way: readonly Key[]) => way.reduce((sum, { field, value }) => sum + (uses.get(nameOf(field, value)) ?? 0), 0);
  return ways.reduce<Key[] | undefined>((best, way) => (best === undefined || weigh(way) < weigh(best) ? way : best), undefined);
}

function nameOf(field: string, value: Key['value']): string {
  return `${field} ${typeof value} ${value}`;
}
