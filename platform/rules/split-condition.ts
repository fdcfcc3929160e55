import type { Expression } from './expression.ts';
import type { Condition } from './rule-language.ts';
import { writeExpression } from './write-expression.ts';

/** The parts of a condition that must all hold, as CEL: `a && (b || c)` is two. */
export function splitCondition({ expression }: Pick<Condition, 'expression'>): string[] {
  const split = (part: Expression): string[] =>
    part.kind === 'binary' && part.operator === '&&' ? [...split(part.left), ...split(part.right)] : [writeExpression(part)];
  return split(expression);
}
