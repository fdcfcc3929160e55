import { Environment } from '@marcbachmann/cel-js';
import { AppError } from '../errors/app-error.ts';

type PlainType = 'string' | 'double' | 'bool' | 'list<string>' | 'map<string, string>';
/** Types of what a condition may speak of. Numbers are CEL doubles; an absent text is ''. An object names its fields (`ticket.type`). */
export type VariableType = PlainType | { fields: Readonly<Record<string, PlainType>> };
type PlainFact = string | number | boolean | readonly string[] | Readonly<Record<string, string>>;
export type Facts = Readonly<Record<string, PlainFact | Readonly<Record<string, PlainFact>>>>;

export interface Outcome {
  matches: boolean;
  /** Why it could not be evaluated on these facts (a label that is not there); then it does not match. */
  reason?: string;
}

/** A CEL condition that a person wrote, checked and compiled. */
export interface Condition {
  readonly text: string;
  evaluate(facts: Facts): Outcome;
}

const limits = { maxAstNodes: 500, maxDepth: 30, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 16 };

/**
 * Gives a compiler for conditions over these variables. Compiling throws AppError `invalid_input` at `pointer` when the text does not parse, names
 * something unknown, mixes types or is not a yes-or-no question.
 */
export function conditionLanguage(variables: Readonly<Record<string, VariableType>>): (text: string, pointer?: string) => Condition {
  const environment = new Environment({ limits });
  for (const [name, type] of Object.entries(variables)) {
    environment.registerVariable(typeof type === 'string' ? { name, type } : { name, schema: { ...type.fields } });
  }
  const known = Object.entries(variables)
    .flatMap(([name, type]) => (typeof type === 'string' ? name : Object.keys(type.fields).map((field) => `${name}.${field}`)))
    .join(', ');

  return (text, pointer = '/condition') => {
    const refuse = (message: string) =>
      new AppError('invalid_input', 'The condition cannot be used.', { violations: [{ pointer, message: `${message} Known names: ${known}.` }] });
    let parsed: ReturnType<Environment['parse']>;
    try {
      parsed = environment.parse(text);
    } catch (error) {
      throw refuse(firstLine(error));
    }
    const checked = parsed.check();
    if (!checked.valid) throw refuse(firstLine(checked.error));
    if (checked.type !== 'bool' && checked.type !== 'dyn') throw refuse(`It gives ${checked.type}, but must be true or false.`);
    return {
      text,
      evaluate(facts) {
        try {
          return { matches: parsed(facts) === true };
        } catch (error) {
          return { matches: false, reason: firstLine(error) };
        }
      },
    };
  };
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.split('\n')[0] ?? text;
  return line.endsWith('.') ? line : `${line}.`;
}
