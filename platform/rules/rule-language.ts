import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import { AppError } from '../errors/app-error.ts';
import { checkBounds, longestText } from './bounds.ts';
import { type Explanation, explain } from './explain.ts';
import { type Expression, iterationOf, NotOffered, partsOf, pathOf, readExpression, withParts } from './expression.ts';
import { environmentOf, type Facts, namesOf, type Variables } from './shape.ts';
import { suggestName } from './suggest-name.ts';
import { writeExpression } from './write-expression.ts';

export interface Outcome {
  matches: boolean;
  /** Why it could not be evaluated on these facts (a label that is not there); then it does not match. */
  reason?: string;
}

/** What a part of a rule comes to: a value, or why it has none. */
export type Value = { value: unknown } | { failure: string };
/** Evaluates a part of a rule; its iteration variables are among the facts. */
export type Evaluate = (facts: Facts) => Value;

/** A CEL condition that a person wrote, checked and compiled. */
export interface Condition {
  readonly text: string;
  readonly expression: Expression;
  evaluate(facts: Facts): Outcome;
  /** The same, with every part's value and a sentence for people; it costs some times as much. */
  explain(facts: Facts): Explanation;
  /** Evaluates one part of it alone; `variables`: the types of the iteration variables that it stands under. */
  compilePart(part: Expression, variables?: ReadonlyMap<string, string>): Evaluate;
}

/** What a computed field may be. */
interface ResultTypes {
  bool: boolean;
  string: string;
  /** Whole or not; a JavaScript number in any case. */
  number: number;
  timestamp: Date;
  'list<string>': readonly string[];
}

export interface Computed<Result> {
  readonly text: string;
  readonly expression: Expression;
  evaluate(facts: Facts): { value: Result } | { failure: string };
}

/** Both throw AppError `invalid_input` at `pointer` when the text does not parse, names something unknown, mixes types, gives something else or could take too long. */
export interface RuleLanguage {
  readonly variables: Variables;
  condition(text: string, pointer?: string): Condition;
  computed<Type extends keyof ResultTypes>(text: string, type: Type, pointer?: string): Computed<ResultTypes[Type]>;
}

const celTypes: Readonly<Record<keyof ResultTypes, readonly string[]>> = {
  bool: ['bool'],
  string: ['string'],
  number: ['double', 'int'],
  timestamp: ['google.protobuf.Timestamp'],
  'list<string>': ['list<string>'],
};

/** The language of rules over these variables: CEL without what rules have no use for, each text bounded in what its evaluation can cost. */
export function ruleLanguage(variables: Variables): RuleLanguage {
  const environment = environmentOf(variables);
  const names = namesOf(variables);

  function compile(text: string, wanted: keyof ResultTypes, pointer: string) {
    const refuse = (message: string) => new AppError('invalid_input', 'The condition cannot be used.', { violations: [{ pointer, message }] });
    if (text.length > longestText) throw refuse(`It has more than ${longestText} characters.`);
    try {
      const parsed = environment.parse(text);
      const expression = checkTypes(environment, parsed);
      checkBounds(expression, (name) => Object.hasOwn(variables, name));
      const { type = 'dyn' } = expression;
      if (!celTypes[wanted].includes(type)) {
        throw new NotOffered(wanted === 'bool' ? `It gives ${type}, but must be true or false` : `It gives ${type}, but must be ${wanted}`, 0);
      }
      return { expression, evaluate: compileExpression(environment, expression) };
    } catch (error) {
      throw refuse(tellFault(error, text, names));
    }
  }

  return {
    variables,
    condition(text, pointer = '/condition') {
      const { expression, evaluate } = compile(text, 'bool', pointer);
      const compilePart = (part: Expression, scope: ReadonlyMap<string, string> = new Map()) => compileExpression(widen(environment, scope), part);
      const condition: Condition = {
        text,
        expression,
        evaluate(facts) {
          const outcome = evaluate(facts);
          return 'failure' in outcome ? { matches: false, reason: outcome.failure } : { matches: outcome.value === true };
        },
        explain: (facts) => explain(condition, facts),
        compilePart,
      };
      return condition;
    },
    computed(text, type, pointer = '/expression') {
      const { expression, evaluate } = compile(text, type, pointer);
      return {
        text,
        expression,
        evaluate(facts) {
          const outcome = evaluate(facts);
          if ('failure' in outcome) return outcome;
          return { value: (typeof outcome.value === 'bigint' ? Number(outcome.value) : outcome.value) as ResultTypes[typeof type] };
        },
      };
    },
  };
}

/** Checks names and types, also of what `has` asks for, which the library looks at only when it evaluates. */
function checkTypes(environment: Environment, parsed: ParseResult): Expression {
  const checked = parsed.check();
  if (!checked.valid) throw checked.error;
  const expression = readExpression(parsed.ast);
  const visit = (part: Expression) => {
    if (part.kind === 'call' && part.name === 'has' && part.given[0]) {
      const asked = environment.parse(writeExpression(part.given[0])).check();
      if (!asked.valid) throw asked.error;
    }
    const path = part.kind === 'field' ? pathOf(part) : undefined;
    if (path === undefined) for (const below of partsOf(part)) visit(below);
  };
  visit(expression);
  return expression;
}

/** What the library is given: the same with bounded lists, linear regular expressions, and texts in the order of their characters. */
function lower(expression: Expression): Expression {
  const lowered = withParts(expression, lower);
  if (lowered.kind === 'call' && lowered.name === 'matches') return { ...lowered, name: 'matchesLinearly' };
  if (lowered.kind === 'call' && lowered.on && iterationOf(lowered)) {
    return { ...lowered, on: { kind: 'call', name: 'bounded', given: [lowered.on], at: lowered.at } };
  }
  if (lowered.kind !== 'binary' || lowered.left.type !== 'string') return lowered;
  const { left, right, operator, at } = lowered;
  const comesBefore = (one: Expression, other: Expression): Expression => ({ kind: 'call', name: 'comesBefore', given: [one, other], at });
  const not = (operand: Expression): Expression => ({ kind: 'unary', operator: '!', operand, at });
  if (operator === '<') return comesBefore(left, right);
  if (operator === '>') return comesBefore(right, left);
  if (operator === '<=') return not(comesBefore(right, left));
  if (operator === '>=') return not(comesBefore(left, right));
  return lowered;
}

function compileExpression(environment: Environment, expression: Expression): Evaluate {
  const program = environment.parse(writeExpression(lower(expression)));
  const checked = program.check();
  if (!checked.valid) throw checked.error;
  return (facts) => {
    try {
      return { value: program(facts) as unknown };
    } catch (error) {
      return { failure: toSentence(summaryOf(error)) };
    }
  };
}

function widen(environment: Environment, scope: ReadonlyMap<string, string>): Environment {
  if (scope.size === 0) return environment;
  const wider = environment.clone();
  for (const [name, type] of scope) wider.registerVariable({ name, type });
  return wider;
}

interface LibraryError {
  summary?: string;
  code?: string;
  range?: { start: number };
  message: string;
}

/** What is wrong, where, and the way out. */
function tellFault(error: unknown, text: string, names: readonly string[]): string {
  if (!(error instanceof Error)) throw error;
  const { range, code, message } = error as LibraryError;
  const at = error instanceof NotOffered ? error.at : range?.start;
  const place = at === undefined || at === 0 ? '' : ` At character ${at + 1}: ${text.slice(at, at + 20)}`;
  const summary = toSentence(summaryOf(error));
  if (code === 'unknown_variable' || code === 'no_such_key') {
    const near = suggestName(message.match(/(?:Unknown variable|No such key): (\w+)/)?.[1] ?? '', names);
    return `${summary}${near === undefined ? '' : ` Did you mean ${near}?`} Known names: ${names.join(', ')}.`;
  }
  const hint =
    code === 'no_such_overload' && /\bdouble\b.*\bint\b|\bint\b.*\bdouble\b/.test(summary) ? ' Numbers are written with a point: 3.0.' : '';
  return `${summary}${hint}${place && toSentence(place)}`;
}

function summaryOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error as LibraryError).summary ?? error.message.split('\n')[0] ?? error.message;
}

function toSentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
