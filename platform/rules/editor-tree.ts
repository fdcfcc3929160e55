import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { type BinaryOperator, type Expression, type Literal, operandsOf, parseExpression, pathOf } from './expression.ts';
import { writeExpression } from './write-expression.ts';

type Scalar = string | number | boolean;
/** What a field is compared with: a value, several for `in`, a moment (RFC 3339), or another field. */
type TreeValue = Scalar | Scalar[] | { time: string } | { field: string };

/** A condition as an editor shows it: groups of comparisons, and as text what it cannot show. An empty `all` holds, an empty `any` does not. */
export type ConditionTree =
  | { all: ConditionTree[] }
  | { any: ConditionTree[] }
  | { not: ConditionTree }
  /** `is`: a field that is true or false itself; `has`: it is there; `includes`: a list or map has the value. */
  | { field: string; operator: (typeof treeOperators)[number]; value?: TreeValue | undefined }
  | { cel: string };

const treeOperators = ['==', '!=', '<', '<=', '>', '>=', 'in', 'includes', 'startsWith', 'endsWith', 'contains', 'is', 'has'] as const;
const comparing: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', 'in']);
const searching: ReadonlySet<string> = new Set(['startsWith', 'endsWith', 'contains']);

/** A name with dots, and keys of maps in brackets: `labels["a-b"]`. */
const fieldPattern = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*|\["([^"\\]|\\["\\])*"\])*$/;
const deepest = 20;
const field = z.string().max(300).regex(fieldPattern, 'is not the name of a field');
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const value = z.union([scalar, z.array(scalar).max(200), z.strictObject({ time: z.iso.datetime() }), z.strictObject({ field })]);
const group: z.ZodType<ConditionTree[]> = z.array(z.lazy(() => treeSchema)).max(200);
const treeSchema: z.ZodType<ConditionTree> = z.union([
  z.strictObject({ all: group }),
  z.strictObject({ any: group }),
  z.strictObject({ not: z.lazy(() => treeSchema) }),
  z.strictObject({ field, operator: z.enum(treeOperators), value: value.optional() }),
  z.strictObject({ cel: z.string().min(1).max(4_000) }),
]);

/** A condition's text as a tree. Throws AppError `invalid_input` at `pointer` for what does not parse. */
export function readTree(text: string, pointer = '/condition'): ConditionTree {
  try {
    return toTree(parseExpression(text));
  } catch (error) {
    throw refuse(pointer, error instanceof Error ? (error.message.split('\n')[0] ?? error.message) : String(error));
  }
}

/** The text of a tree: the same for trees that say the same. Names and types are not checked here. Throws AppError `invalid_input` at `pointer`. */
export function writeTree(given: unknown, pointer = '/tree'): string {
  if (depthOf(given) > deepest) throw refuse(pointer, `has groups more than ${deepest} deep`);
  const checked = treeSchema.safeParse(given);
  if (!checked.success) throw refuse(pointer, 'is no tree of all, any and not, of comparisons {field, operator, value}, and of {cel}');
  try {
    return writeExpression(toExpression(checked.data));
  } catch (error) {
    throw refuse(pointer, error instanceof Error ? (error.message.split('\n')[0] ?? error.message) : String(error));
  }
}

function refuse(pointer: string, message: string): AppError {
  return new AppError('invalid_input', 'The condition cannot be used.', { violations: [{ pointer, message }] });
}

function depthOf(tree: unknown): number {
  const parts: unknown[] = typeof tree !== 'object' || tree === null ? [] : Object.values(tree).flat();
  // What is deeper than can be is not looked at: it is refused all the same.
  const measure = (part: unknown, left: number): number =>
    typeof part !== 'object' || part === null || left === 0
      ? 0
      : 1 +
        Math.max(
          0,
          ...Object.values(part)
            .flat()
            .map((one) => measure(one, left - 1)),
        );
  return 1 + Math.max(0, ...parts.map((part) => measure(part, deepest)));
}

function toTree(expression: Expression): ConditionTree {
  if (expression.kind === 'unary' && expression.operator === '!') return { not: toTree(expression.operand) };
  if (expression.kind === 'binary' && expression.operator === '&&') return { all: operandsOf(expression, '&&').map(toTree) };
  if (expression.kind === 'binary' && expression.operator === '||') return { any: operandsOf(expression, '||').map(toTree) };
  return toComparison(expression) ?? { cel: writeExpression(expression) };
}

function toComparison(expression: Expression): ConditionTree | undefined {
  if (expression.kind === 'binary') {
    const { left, operator, right } = expression;
    const [subject, list] = [fieldOf(left), fieldOf(right)];
    if (operator === 'in' && list !== undefined && left.kind === 'literal') {
      const one = toScalar(left.value);
      return one === undefined ? undefined : { field: list, operator: 'includes', value: one };
    }
    const compared = toValue(right);
    if (subject === undefined || compared === undefined || !comparing.has(operator)) return undefined;
    return { field: subject, operator: operator as '==', value: compared };
  }
  if (expression.kind === 'call' && expression.name === 'has') {
    const asked = expression.given[0] && fieldOf(expression.given[0]);
    return asked === undefined ? undefined : { field: asked, operator: 'has' };
  }
  if (expression.kind === 'call' && expression.on && searching.has(expression.name) && expression.given[0]) {
    const [subject, searched] = [fieldOf(expression.on), toValue(expression.given[0])];
    return subject === undefined || searched === undefined ? undefined : { field: subject, operator: expression.name as 'contains', value: searched };
  }
  const subject = fieldOf(expression);
  return subject === undefined ? undefined : { field: subject, operator: 'is' };
}

function fieldOf(expression: Expression): string | undefined {
  const isReference =
    pathOf(expression) !== undefined ||
    (expression.kind === 'index' && typeof (expression.key.kind === 'literal' && expression.key.value) === 'string') ||
    (expression.kind === 'field' && fieldOf(expression.of) !== undefined);
  const text = isReference ? writeExpression(expression) : '';
  return fieldPattern.test(text) ? text : undefined;
}

function toValue(expression: Expression): TreeValue | undefined {
  if (expression.kind === 'literal') return toScalar(expression.value);
  if (expression.kind === 'unary' && expression.operator === '-' && expression.operand.kind === 'literal') {
    const number = toScalar(expression.operand.value);
    return typeof number === 'number' ? -number : undefined;
  }
  if (expression.kind === 'list') {
    const values = expression.elements.map(toValue);
    return values.every((one): one is Scalar => one !== undefined && typeof one !== 'object') ? values : undefined;
  }
  if (expression.kind === 'call' && expression.name === 'timestamp' && expression.given[0]?.kind === 'literal') {
    const text = expression.given[0].value;
    return typeof text === 'string' && value.safeParse({ time: text }).success ? { time: text } : undefined;
  }
  const other = fieldOf(expression);
  return other === undefined ? undefined : { field: other };
}

function toScalar(literal: Literal): Scalar | undefined {
  if (typeof literal !== 'bigint') return literal;
  return literal >= BigInt(Number.MIN_SAFE_INTEGER) && literal <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(literal) : undefined;
}

const at = 0;
const reference = (name: string): Expression => ({ kind: 'name', name, at });
const literal = (one: Literal): Expression => ({ kind: 'literal', value: one, at });

function toExpression(tree: ConditionTree): Expression {
  if ('all' in tree) return chain('&&', tree.all);
  if ('any' in tree) return chain('||', tree.any);
  if ('not' in tree) return { kind: 'unary', operator: '!', operand: toExpression(tree.not), at };
  if ('cel' in tree) return parseExpression(tree.cel);
  const subject = reference(tree.field);
  if (tree.operator === 'is') return subject;
  if (tree.operator === 'has') return { kind: 'call', name: 'has', given: [subject], at };
  if (tree.value === undefined) throw new Error(`the comparison of ${tree.field} needs a value`);
  const compared = valueExpression(tree.value);
  if (tree.operator === 'includes') return { kind: 'binary', operator: 'in', left: compared, right: subject, at };
  if (searching.has(tree.operator)) return { kind: 'call', name: tree.operator, on: subject, given: [compared], at };
  return { kind: 'binary', operator: tree.operator as BinaryOperator, left: subject, right: compared, at };
}

function chain(operator: '&&' | '||', trees: readonly ConditionTree[]): Expression {
  const [first, ...others] = trees.map(toExpression);
  if (!first) return literal(operator === '&&');
  return others.reduce((left, right): Expression => ({ kind: 'binary', operator, left, right, at }), first);
}

function valueExpression(one: TreeValue): Expression {
  if (Array.isArray(one)) return { kind: 'list', elements: one.map(literal), at };
  if (typeof one !== 'object') return literal(one);
  if ('field' in one) return reference(one.field);
  return { kind: 'call', name: 'timestamp', given: [literal(one.time)], at };
}
