import type { Lifecycle } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import type { Finding, Label } from '../../../platform/definitions/definition.ts';
import { isAppError } from '../../../platform/errors/app-error.ts';
import type { DeclaredShape } from '../../../platform/rules/read-shape.ts';
import type { Condition } from '../../../platform/rules/rule-language.ts';

/** What a check of lifecycles stands on. */
export interface LifecycleContext {
  /** Compiles a guard; throws AppError `invalid_input`. */
  compile(text: string): Condition;
  domains: DeclaredShape['domains'];
  /** Every permission that there is. */
  permissions: ReadonlySet<string>;
  /** Names of the approval policies that hold. */
  policies: ReadonlySet<string>;
}

export type Transition = Lifecycle['transitions'][string];

export const error = (pointer: string, message: Label): Finding => ({ severity: 'error', pointer, message });
export const warning = (pointer: string, message: Label): Finding => ({ severity: 'warning', pointer, message });

/** Own entries only: `constructor` is no status. */
export function has(entries: Readonly<Record<string, unknown>>, name: string): boolean {
  return Object.hasOwn(entries, name);
}

/** Every status that can be reached from some, those themselves included. */
export function reach(from: Iterable<string>, steps: (status: string) => Iterable<string>): Set<string> {
  const reached = new Set(from);
  for (const status of reached) for (const next of steps(status)) reached.add(next);
  return reached;
}

/** The condition, or undefined when it cannot be used: then a finding at the pointer says why. */
export function compileCondition(text: string, pointer: string, compile: (text: string) => Condition, findings: Finding[]): Condition | undefined {
  try {
    return compile(text);
  } catch (problem) {
    if (!isAppError(problem, 'invalid_input')) throw problem;
    for (const { message } of problem.violations) findings.push(error(pointer, { ru: `Условие не годится: ${message}`, en: message }));
    return undefined;
  }
}
