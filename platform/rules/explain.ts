import { type Reason, showValue, tellReason } from './explain-in-words.ts';
import { type Expression, iterationOf, operandsOf } from './expression.ts';
import type { Condition, Evaluate, Value } from './rule-language.ts';
import type { Facts } from './shape.ts';
import { writeExpression } from './write-expression.ts';

/** A part of a condition with what it came to. What did not decide is there too, and what stands for itself (a written value) is not. */
export interface Part {
  expression: Expression;
  /** Its text; of the body of `exists` and the like it is preceded by the element: `item = "pump-1": …`. */
  text: string;
  outcome: Value;
  parts: readonly Part[];
}

/** Why a condition came out as it did. */
export interface Explanation extends Reason {
  matches: boolean;
  part: Part;
}

/** Elements of a list for each of which an explanation says what came out. */
const toldElements = 10;

/** Parts are compiled when somebody first asks for them, and once. */
const compiled = new WeakMap<Expression, Evaluate>();

interface Scope {
  facts: Facts;
  /** Types of the iteration variables around. */
  variables: ReadonlyMap<string, string>;
}

/** Evaluates a condition part by part. */
export function explain(condition: Condition, facts: Facts): Explanation {
  const look = (expression: Expression, scope: Scope, label = ''): Part => {
    let evaluate = compiled.get(expression);
    if (!evaluate) compiled.set(expression, (evaluate = condition.compilePart(expression, scope.variables)));
    const outcome = evaluate(scope.facts);
    return { expression, text: `${label}${writeExpression(expression)}`, outcome, parts: lookInto(expression, scope, look) };
  };
  const part = look(condition.expression, { facts, variables: new Map() });
  const matches = 'value' in part.outcome && part.outcome.value === true;
  return { matches, part, ...(matches ? { en: 'It holds.', ru: 'Выполняется.' } : tellReason(part)) };
}

type Look = (expression: Expression, scope: Scope, label?: string) => Part;

function lookInto(expression: Expression, scope: Scope, look: Look): Part[] {
  const each = (expressions: readonly Expression[]) => expressions.filter(({ kind }) => kind !== 'literal').map((one) => look(one, scope));
  switch (expression.kind) {
    case 'binary':
      if (expression.operator === '&&' || expression.operator === '||') return each(operandsOf(expression, expression.operator));
      return each([expression.left, expression.right].filter(({ kind }) => kind !== 'list'));
    case 'unary':
      return each([expression.operand]);
    case 'choice': {
      const condition = look(expression.condition, scope);
      if (!('value' in condition.outcome)) return [condition];
      return [condition, look(condition.outcome.value === true ? expression.yes : expression.no, scope)];
    }
    case 'call':
      if (expression.name === 'has') return [];
      return iterationOf(expression) ? lookThrough(expression, scope, look) : each([...(expression.on ? [expression.on] : []), ...expression.given]);
    case 'literal':
    case 'name':
    case 'field':
    case 'index':
    case 'list':
    case 'map':
      return [];
  }
}

function lookThrough(expression: Expression, scope: Scope, look: Look): Part[] {
  const iteration = iterationOf(expression);
  if (!iteration) return [];
  const over = look(iteration.over, scope);
  const type = iteration.over.type?.match(/^(?:list|map)<(\w+)/)?.[1];
  if (!('value' in over.outcome) || type === undefined || typeof over.outcome.value !== 'object' || over.outcome.value === null) return [over];
  const { value } = over.outcome;
  const elements: unknown[] = Array.isArray(value) ? value : Object.keys(value);
  const variables = new Map([...scope.variables, [iteration.variable, type]]);
  return [
    over,
    ...elements.slice(0, toldElements).flatMap((element) => {
      const inner = { facts: { ...scope.facts, [iteration.variable]: element as string }, variables };
      return iteration.bodies.map((body) => look(body, inner, `${iteration.variable} = ${JSON.stringify(element)}: `));
    }),
  ];
}

/** The parts with what they came to, each before its own parts. */
export function listParts(part: Part, most: number, depth = 0): { text: string; value: string; depth: number }[] {
  const { text, outcome, parts } = part;
  const value = 'failure' in outcome ? outcome.failure : showValue(outcome.value);
  return [{ text, value, depth }, ...parts.flatMap((one) => listParts(one, most, depth + 1))].slice(0, most);
}
