import { AppError } from '../errors/app-error.ts';
import { raw, type Statement, sql } from '../postgres/sql.ts';
import { type Expression, NotOffered, operandsOf, partsOf, pathOf } from './expression.ts';
import type { Condition, Evaluate } from './rule-language.ts';
import type { Facts } from './shape.ts';
import { type Column, compare, contains, isIn, lookUp, presence, type Scalar, search, sizeOf } from './sql-operations.ts';
import { writeExpression } from './write-expression.ts';

/** The columns in which the fields of a condition are kept: `ticket.priority` -> priority. */
export type Columns = Readonly<Record<string, Column>>;

/** A condition on rows, given what is known besides them (`me`): a null where the condition could not be evaluated, as any SQL condition. */
export type Filter = (known: Facts) => Statement;

/** What a yes-or-no part comes to: it is known without the row (undefined: it cannot be evaluated), or the row is asked. */
type Truth = boolean | undefined | Statement;
type MakeTruth = (known: Facts) => Truth;
type MakeScalar = (known: Facts) => Scalar;

/**
 * Compiles a condition to SQL: comparisons, `in`, `&&`, `||`, `!`, `has`, `startsWith`, `endsWith`, `contains`, `size`, keys of maps, and the choice `a ? b : c`.
 * A part that asks for no column is evaluated when the filter is made and becomes a parameter, whatever it is. A row matches as it would in memory, also where
 * values are absent: null is to SQL what a failure is to CEL. Throws AppError `invalid_input` at `pointer` for anything else, with its place.
 */
export function compileFilter(condition: Condition, columns: Columns, pointer = '/condition'): Filter {
  try {
    const make = truthOf(condition.expression, { condition, columns, rows: new Set(Object.keys(columns).map((path) => path.split('.')[0] ?? path)) });
    return (known) => toStatement(make(known), true);
  } catch (error) {
    if (!(error instanceof NotOffered)) throw error;
    const message = `${error.message}. At character ${error.at + 1}: ${condition.text.slice(error.at, error.at + 20)}`;
    throw new AppError('invalid_input', 'The condition cannot be asked of a table.', { violations: [{ pointer, message }] });
  }
}

interface Context {
  condition: Condition;
  columns: Columns;
  /** The names whose fields stand in columns. */
  rows: ReadonlySet<string>;
}

const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=']);
const searches = new Set(['startsWith', 'endsWith', 'contains']);

function truthOf(expression: Expression, context: Context): MakeTruth {
  if (!asksRow(expression, context.rows)) {
    const evaluate = context.condition.compilePart(expression);
    return (known) => booleanOf(evaluate, known);
  }
  switch (expression.kind) {
    case 'unary': {
      const operand = truthOf(expression.operand, context);
      return (known) => not(operand(known));
    }
    case 'choice':
      return choiceOf(expression, context);
    case 'binary': {
      const { operator } = expression;
      if (operator === '&&' || operator === '||') {
        const makers = operandsOf(expression, operator).map((operand) => truthOf(operand, context));
        return (known) =>
          join(
            operator,
            makers.map((make) => make(known)),
          );
      }
      if (operator === 'in') return membershipOf(expression, context);
      // Lists and maps are not compared as a whole.
      if (!comparisons.has(operator) || /^(list|map)/.test(expression.left.type ?? '')) break;
      if (expression.left.type === 'bool') return equalityOf(expression, context);
      const [left, right] = [scalarOf(expression.left, context), scalarOf(expression.right, context)];
      return (known) => compare(left(known), operator as '==', right(known));
    }
    case 'call': {
      const [given] = expression.given;
      if (expression.name === 'has' && given) return presenceOf(given, context);
      if (!searches.has(expression.name) || !expression.on || !given) break;
      const [subject, searched] = [scalarOf(expression.on, context), scalarOf(given, context)];
      return (known) => search(expression.name as 'contains', subject(known), searched(known));
    }
    case 'name':
    case 'field': {
      const column = columnOf(expression, context);
      if (column.type === 'boolean') return () => column.sql;
      break;
    }
    case 'literal':
    case 'index':
    case 'list':
    case 'map':
      break;
  }
  throw outside(expression);
}

function outside(expression: Expression): NotOffered {
  return new NotOffered(`A table cannot be asked ${writeExpression(expression)}`, expression.at);
}

function columnOf(expression: Expression, { columns }: Context): Column {
  const path = pathOf(expression);
  const column = path !== undefined && Object.hasOwn(columns, path) ? columns[path] : undefined;
  if (!column) throw outside(expression);
  return column;
}

function scalarOf(expression: Expression, context: Context): MakeScalar {
  if (!asksRow(expression, context.rows)) return constantOf(expression, context);
  if (expression.kind === 'call' && expression.name === 'size') {
    const sized = expression.on ?? expression.given[0];
    if (sized && pathOf(sized) !== undefined) {
      const column = columnOf(sized, context);
      return () => sizeOf(column);
    }
  }
  const key = keyOf(expression);
  if (key) {
    const path = pathOf(key.of);
    const map = path !== undefined && Object.hasOwn(context.columns, path) ? context.columns[path] : undefined;
    if (map?.type === 'jsonb') {
      const name = scalarOf(key.key, context);
      return (known) => lookUp(map, name(known));
    }
  }
  const column = columnOf(expression, context);
  return () => column;
}

/** `labels.team` and `labels["team"]`. */
function keyOf(expression: Expression): { of: Expression; key: Expression } | undefined {
  if (expression.kind === 'index') return expression;
  if (expression.kind !== 'field') return undefined;
  return { of: expression.of, key: { kind: 'literal', value: expression.name, at: expression.at, type: 'string' } };
}

function constantOf(expression: Expression, { condition }: Context): MakeScalar {
  const evaluate = condition.compilePart(expression);
  return (known) => {
    const outcome = evaluate(known);
    return 'failure' in outcome ? { constant: undefined } : { constant: outcome.value };
  };
}

function membershipOf({ left, right, at }: Expression & { kind: 'binary' }, context: Context): MakeTruth {
  const member = scalarOf(left, context);
  if (asksRow(right, context.rows) && right.kind === 'list') {
    // A list of fields: it is each of them that is compared, and one that is absent fails them all.
    throw new NotOffered('A list that is asked of a table holds no fields: write comparisons with ||', at);
  }
  const list = scalarOf(right, context);
  return (known) => (asksRow(right, context.rows) ? contains(list(known), member(known)) : isIn(member(known), list(known)));
}

function presenceOf(asked: Expression, context: Context): MakeTruth {
  const path = pathOf(asked);
  if (path !== undefined && Object.hasOwn(context.columns, path)) {
    const column = columnOf(asked, context);
    return () => sql`(${column.sql} is not null)`;
  }
  const key = keyOf(asked);
  const map = key && columnOf(key.of, context);
  if (!key || map?.type !== 'jsonb') throw outside(asked);
  const name = scalarOf(key.key, context);
  return (known) => presence(map, name(known));
}

function equalityOf({ left, operator, right }: Expression & { kind: 'binary' }, context: Context): MakeTruth {
  if (operator !== '==' && operator !== '!=') throw outside(left);
  const [one, other] = [truthOf(left, context), truthOf(right, context)];
  const sign = raw(operator === '==' ? '=' : '<>');
  return (known) => sql`(${toStatement(one(known))} ${sign} ${toStatement(other(known))})`;
}

function choiceOf(expression: Expression & { kind: 'choice' }, context: Context): MakeTruth {
  const [condition, yes, no] = [expression.condition, expression.yes, expression.no].map((part) => truthOf(part, context));
  return (known) => {
    const asked = condition?.(known);
    if (asked === true) return yes?.(known);
    if (asked === false) return no?.(known);
    if (asked === undefined) return undefined;
    return sql`(case ${asked} when true then ${toStatement(yes?.(known))} when false then ${toStatement(no?.(known))} end)`;
  };
}

function asksRow(expression: Expression, rows: ReadonlySet<string>): boolean {
  return expression.kind === 'name' ? rows.has(expression.name) : partsOf(expression).some((part) => asksRow(part, rows));
}

function booleanOf(evaluate: Evaluate, known: Facts): boolean | undefined {
  const outcome = evaluate(known);
  return 'value' in outcome && typeof outcome.value === 'boolean' ? outcome.value : undefined;
}

function not(truth: Truth): Truth {
  if (typeof truth === 'boolean') return !truth;
  return truth === undefined ? undefined : sql`(not ${truth})`;
}

/** What is known leaves the statement: `false && …` asks nothing of the row. */
function join(operator: '&&' | '||', truths: readonly Truth[]): Truth {
  const deciding = operator === '||';
  if (truths.includes(deciding)) return deciding;
  const asked = truths.filter((truth) => truth !== !deciding);
  if (asked.length === 0) return !deciding;
  if (asked.every((truth) => truth === undefined)) return undefined;
  const [first, ...others] = asked.map((truth) => toStatement(truth));
  if (first && others.length === 0) return first;
  const word = raw(deciding ? ' or ' : ' and ');
  return sql`(${others.reduce((left, right) => sql`${left}${word}${right}`, first ?? sql`true`)})`;
}

/** `isWhole`: nothing is made of it, so that what cannot be evaluated is as good as false. */
function toStatement(truth: Truth, isWhole = false): Statement {
  if (truth === undefined) return isWhole ? sql`false` : sql`null::boolean`;
  return typeof truth === 'boolean' ? raw(String(truth)) : truth;
}
