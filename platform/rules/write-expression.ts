import type { Expression, Literal } from './expression.ts';

const strengths = { '||': 1, '&&': 2, '==': 3, '!=': 3, '<': 3, '<=': 3, '>': 3, '>=': 3, in: 3, '+': 4, '-': 4, '*': 5, '/': 5, '%': 5 } as const;
const [strengthOfChoice, strengthOfUnary, strengthOfAccess] = [0, 6, 7];
/** `a - (b - c)` is another thing than `a - b - c`, and comparisons are not chained. */
const isChained = new Set(['&&', '||']);

/** The text of an expression: one form for one tree, with no more brackets than it needs. */
export function writeExpression(expression: Expression): string {
  return write(expression, strengthOfChoice);
}

function write(expression: Expression, outer: number): string {
  const [text, strength] = writeBare(expression);
  return strength < outer ? `(${text})` : text;
}

function writeBare(expression: Expression): [text: string, strength: number] {
  switch (expression.kind) {
    case 'literal':
      return [writeLiteral(expression.value), isNegative(expression.value) ? strengthOfUnary : strengthOfAccess];
    case 'name':
      return [expression.name, strengthOfAccess];
    case 'field':
      return [`${write(expression.of, strengthOfAccess)}.${expression.name}`, strengthOfAccess];
    case 'index':
      return [`${write(expression.of, strengthOfAccess)}[${writeExpression(expression.key)}]`, strengthOfAccess];
    case 'call': {
      const on = expression.on ? `${write(expression.on, strengthOfAccess)}.` : '';
      return [`${on}${expression.name}(${expression.given.map(writeExpression).join(', ')})`, strengthOfAccess];
    }
    case 'unary':
      return [
        `${expression.operator}${write(expression.operand, expression.operator === '-' ? strengthOfAccess : strengthOfUnary)}`,
        strengthOfUnary,
      ];
    case 'binary': {
      const { operator, left, right } = expression;
      const strength = strengths[operator];
      const leftIsFree = strength !== strengths['=='];
      const rightIsFree = isChained.has(operator) && right.kind === 'binary' && right.operator === operator;
      return [`${write(left, leftIsFree ? strength : strength + 1)} ${operator} ${write(right, rightIsFree ? strength : strength + 1)}`, strength];
    }
    case 'choice': {
      const [condition, yes, no] = [expression.condition, expression.yes, expression.no].map((part) => write(part, 1));
      return [`${condition} ? ${yes} : ${no}`, strengthOfChoice];
    }
    case 'list':
      return [`[${expression.elements.map(writeExpression).join(', ')}]`, strengthOfAccess];
    case 'map':
      return [`{${expression.entries.map(([key, value]) => `${writeExpression(key)}: ${writeExpression(value)}`).join(', ')}}`, strengthOfAccess];
  }
}

/** A value as CEL spells it. Letters of all alphabets stay as they are. */
export function writeLiteral(value: Literal): string {
  if (typeof value === 'string') return `"${value.replace(/["\\\p{Cc}\u2028\u2029]/gu, escapeCharacter)}"`;
  if (typeof value !== 'number') return String(value);
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCharacter(character: string): string {
  return escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function isNegative(value: Literal): boolean {
  return (typeof value === 'number' || typeof value === 'bigint') && (value < 0 || Object.is(value, -0));
}
