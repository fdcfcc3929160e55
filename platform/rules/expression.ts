import { type ASTNode, Environment } from '@marcbachmann/cel-js';

export type BinaryOperator = '&&' | '||' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '+' | '-' | '*' | '/' | '%';
export type Literal = string | number | bigint | boolean;

interface Placed {
  /** Where it stands in the text, in characters from its beginning. */
  at: number;
  /** Its type as the checker found it: `string`, `list<string>`. */
  type?: string;
}

/** What a rule says, as a tree. Whole numbers are bigint and numbers with a point are number, as CEL tells them apart. */
export type Expression = Placed &
  (
    | { kind: 'literal'; value: Literal }
    | { kind: 'name'; name: string }
    | { kind: 'field'; of: Expression; name: string }
    | { kind: 'index'; of: Expression; key: Expression }
    | { kind: 'call'; name: string; on?: Expression; given: readonly Expression[] }
    | { kind: 'unary'; operator: '!' | '-'; operand: Expression }
    | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
    | { kind: 'choice'; condition: Expression; yes: Expression; no: Expression }
    | { kind: 'list'; elements: readonly Expression[] }
    | { kind: 'map'; entries: readonly (readonly [Expression, Expression])[] }
  );

/** Of one text: nodes of its tree, nesting, and how many values a list, a map or a call may spell out. */
export const structuralLimits = { maxAstNodes: 500, maxDepth: 30, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 16 };

/** Says of a part of a text that it is not offered. */
export class NotOffered extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** The library's tree as ours. Throws NotOffered for what rules have no use for: bytes, unsigned numbers, null, optional chaining. */
export function readExpression(node: ASTNode): Expression {
  const type = (node as { checkedType?: { name?: string } }).checkedType?.name;
  const placed = { at: node.start, ...(type !== undefined && { type }) };
  switch (node.op) {
    case 'value':
      return { ...placed, kind: 'literal', value: readLiteral(node) };
    case 'id':
      return { ...placed, kind: 'name', name: node.args };
    case '.':
      return { ...placed, kind: 'field', of: readExpression(node.args[0]), name: node.args[1] };
    case '[]':
      return { ...placed, kind: 'index', of: readExpression(node.args[0]), key: readExpression(node.args[1]) };
    case 'call':
      return { ...placed, kind: 'call', name: node.args[0], given: node.args[1].map(readExpression) };
    case 'rcall':
      return { ...placed, kind: 'call', name: node.args[0], on: readExpression(node.args[1]), given: node.args[2].map(readExpression) };
    case '!_':
    case '-_':
      return { ...placed, kind: 'unary', operator: node.op === '!_' ? '!' : '-', operand: readExpression(node.args) };
    case '?:': {
      const [condition, yes, no] = node.args;
      return { ...placed, kind: 'choice', condition: readExpression(condition), yes: readExpression(yes), no: readExpression(no) };
    }
    case 'list':
      return { ...placed, kind: 'list', elements: node.args.map(readExpression) };
    case 'map':
      return { ...placed, kind: 'map', entries: node.args.map(([key, value]) => [readExpression(key), readExpression(value)]) };
    case '.?':
    case '[?]':
      throw new NotOffered('Optional chaining is not offered: ask with has()', node.start);
    case '&&':
    case '||':
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case 'in':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return { ...placed, kind: 'binary', operator: node.op, left: readExpression(node.args[0]), right: readExpression(node.args[1]) };
  }
}

function readLiteral(node: ASTNode): Literal {
  const value = node.args as unknown;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return value;
  if (value === null) throw new NotOffered('There is no null: ask whether a value is there with has()', node.start);
  throw new NotOffered('Bytes and unsigned numbers are not offered', node.start);
}

const grammar = new Environment({ limits: structuralLimits });

/** The tree of a text whose names and types nobody has checked. Throws the library's error for what does not parse, and NotOffered. */
export function parseExpression(text: string): Expression {
  return readExpression(grammar.parse(text).ast);
}

/** The parts directly below. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'name':
      return [];
    case 'field':
      return [expression.of];
    case 'index':
      return [expression.of, expression.key];
    case 'call':
      return expression.on ? [expression.on, ...expression.given] : expression.given;
    case 'unary':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'choice':
      return [expression.condition, expression.yes, expression.no];
    case 'list':
      return expression.elements;
    case 'map':
      return expression.entries.flat();
  }
}

/** The same with other parts directly below. */
export function withParts(expression: Expression, change: (part: Expression) => Expression): Expression {
  switch (expression.kind) {
    case 'literal':
    case 'name':
      return expression;
    case 'field':
      return { ...expression, of: change(expression.of) };
    case 'index':
      return { ...expression, of: change(expression.of), key: change(expression.key) };
    case 'call':
      return { ...expression, ...(expression.on && { on: change(expression.on) }), given: expression.given.map(change) };
    case 'unary':
      return { ...expression, operand: change(expression.operand) };
    case 'binary':
      return { ...expression, left: change(expression.left), right: change(expression.right) };
    case 'choice':
      return { ...expression, condition: change(expression.condition), yes: change(expression.yes), no: change(expression.no) };
    case 'list':
      return { ...expression, elements: expression.elements.map(change) };
    case 'map':
      return { ...expression, entries: expression.entries.map(([key, value]) => [change(key), change(value)] as const) };
  }
}

/** `ticket.priority` as one name with dots; undefined for what is more than a name. */
export function pathOf(expression: Expression): string | undefined {
  if (expression.kind === 'name') return expression.name;
  if (expression.kind === 'field') {
    const of = pathOf(expression.of);
    return of === undefined ? undefined : `${of}.${expression.name}`;
  }
  return undefined;
}

/** The operands of a chain of one operator, however it is bracketed. */
export function operandsOf(expression: Expression, operator: '&&' | '||'): Expression[] {
  if (expression.kind !== 'binary' || expression.operator !== operator) return [expression];
  return [...operandsOf(expression.left, operator), ...operandsOf(expression.right, operator)];
}

/** The names of the macros that try a condition on each element of a list: `items.exists(item, item == "pump-1")`. */
const iterating = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

/** The variable of such a macro, the list, and what is said of each element; undefined for anything else. */
export function iterationOf(expression: Expression): { variable: string; over: Expression; bodies: readonly Expression[] } | undefined {
  if (expression.kind !== 'call' || !expression.on || !iterating.has(expression.name)) return undefined;
  const [variable, ...bodies] = expression.given;
  return variable?.kind === 'name' ? { variable: variable.name, over: expression.on, bodies } : undefined;
}
