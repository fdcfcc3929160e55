import { AppError } from '../../../platform/errors/app-error.ts';
import { type Condition, ruleLanguage } from '../../../platform/rules/rule-language.ts';

/** What kind of state it is; SLA clocks and lists look at this, not at the state's name. */
export type Phase = 'open' | 'active' | 'paused' | 'resolved' | 'closed';
/** Whether nothing is to be done any more. */
export function isOverIn(phase: Phase): boolean {
  return phase === 'resolved' || phase === 'closed';
}

/** In what capacity somebody takes a step: as one who works on tickets, as the ticket's caller, or as a rule. */
export type Capacity = 'worker' | 'caller' | 'rule';

/** A lifecycle as it is stored: data that people edit. */
export interface LifecycleDefinition {
  initial: string;
  states: Readonly<Record<string, { phase: Phase }>>;
  transitions: Readonly<Record<string, TransitionDefinition>>;
}

export interface TransitionDefinition {
  from: readonly string[];
  to: string;
  by: readonly Capacity[];
  requires?: readonly 'resolution'[];
  /** A CEL condition that must hold, and what to say when it does not. */
  guard?: { condition: string; message: string };
}

export interface Lifecycle {
  readonly version: number;
  readonly initial: string;
  phaseOf(state: string): Phase;
  /** The steps that may be asked for from this state in this capacity; their guards are not looked at. */
  stepsFrom(state: string, capacity: Capacity): string[];
  /** The state that the step leads to, or AppError: `illegal_state`, `not_allowed`, `invalid_input`. */
  take(step: string, from: string, asker: { capacity: Capacity; resolution?: string; facts: TicketFacts }): string;
}

export interface TicketFacts {
  type: string;
  priority: string;
  hasAssignee: boolean;
}

const { condition: compileGuard } = ruleLanguage({
  ticket: { fields: { type: 'string', priority: 'string', hasAssignee: 'bool' } },
  resolution: 'string',
});

/** Checks a definition as a whole and compiles it; AppError `invalid_input` names every mistake. */
export function compileLifecycle(definition: LifecycleDefinition, version: number): Lifecycle {
  const violations = findMistakes(definition);
  if (violations.length > 0) throw new AppError('invalid_input', 'The lifecycle cannot be used.', { violations });
  const guards = new Map<string, Condition>();
  for (const [name, { guard }] of Object.entries(definition.transitions)) {
    if (guard) guards.set(name, compileGuard(guard.condition, `/transitions/${name}/guard/condition`));
  }

  const stepsFrom = (state: string, capacity: Capacity) =>
    Object.entries(definition.transitions)
      .filter(([, { from, by }]) => from.includes(state) && by.includes(capacity))
      .map(([name]) => name);

  return {
    version,
    initial: definition.initial,
    phaseOf: (state) => definition.states[state]?.phase ?? 'closed',
    stepsFrom,
    take(step, from, { capacity, resolution = '', facts }) {
      const transition = Object.hasOwn(definition.transitions, step) ? definition.transitions[step] : undefined;
      if (!transition?.from.includes(from)) {
        const steps = stepsFrom(from, capacity).join(', ') || 'none';
        throw new AppError('illegal_state', `A ticket that is "${from}" cannot take the step "${step}". Possible now: ${steps}.`);
      }
      if (!transition.by.includes(capacity)) throw new AppError('not_allowed', `The step "${step}" is not yours to take.`);
      if (transition.requires?.includes('resolution') && resolution.trim() === '') {
        throw new AppError('invalid_input', 'The step needs a resolution.', {
          violations: [{ pointer: '/resolution', message: `Say how it was resolved: the step "${step}" needs it.` }],
        });
      }
      const guard = guards.get(step);
      if (guard && !guard.evaluate({ ticket: { ...facts }, resolution }).matches)
        throw new AppError('illegal_state', transition.guard?.message ?? 'The guard of the step does not hold.');
      return transition.to;
    },
  };
}

function findMistakes(definition: LifecycleDefinition) {
  const mistakes: { pointer: string; message: string }[] = [];
  const mustExist = (state: string, pointer: string) => {
    if (!Object.hasOwn(definition.states, state)) mistakes.push({ pointer, message: `There is no state "${state}".` });
  };
  mustExist(definition.initial, '/initial');
  for (const [name, transition] of Object.entries(definition.transitions)) {
    mustExist(transition.to, `/transitions/${name}/to`);
    transition.from.forEach((state, index) => {
      mustExist(state, `/transitions/${name}/from/${index}`);
    });
  }
  return mistakes;
}
