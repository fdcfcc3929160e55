import { Duration } from 'luxon';
import type { CompiledModel, EffectiveClass } from '../model/compile-model.ts';

/** What a class's items are measured by. */
export interface HealthRules {
  class: string;
  /** Attributes that ought to be known: what is required, what tells items apart, and what people search for; lists may well be empty. */
  measured: readonly string[];
  required: readonly string[];
  mustRelate: boolean;
  /** States of the life cycle in which its items are in use, and in which their life is over. */
  usedStates: readonly string[];
  endedStates: readonly string[];
}

/** After so many seconds without a word of the source, items of the class are stale. */
export interface StalePeriod {
  class: string;
  source: string;
  seconds: number;
}

/** Unless the authority of an attribute says otherwise. */
export const usualPeriod = 30 * 24 * 3_600;

export function listHealthRules({ classes }: CompiledModel): HealthRules[] {
  return concrete(classes).map((itemClass) => {
    const identifying = new Set(itemClass.identifiers.flatMap(({ attributes }) => attributes));
    const attributes = [...itemClass.attributes.values()];
    const inPhase = (...phases: string[]) => [...itemClass.states].flatMap(([state, { phase }]) => (phases.includes(phase) ? [state] : []));
    return {
      class: itemClass.name,
      measured: attributes
        .filter(({ name, list, required, searchable }) => required || (!list && (searchable || identifying.has(name))))
        .map(({ name }) => name),
      required: attributes.filter(({ required }) => required).map(({ name }) => name),
      mustRelate: itemClass.mustRelate,
      usedStates: inPhase('active', 'maintenance'),
      endedStates: inPhase('retired'),
    };
  });
}

/** The longest period that any attribute of a class waits for a source. */
export function listStalePeriods({ classes }: CompiledModel): StalePeriod[] {
  return concrete(classes).flatMap(({ name, attributes }) => {
    const periods = new Map<string, number>();
    for (const { authority = [] } of attributes.values()) {
      for (const { source, staleAfter } of authority) {
        if (staleAfter === undefined) continue;
        const seconds = Duration.fromISO(staleAfter).toMillis() / 1000;
        periods.set(source, Math.max(seconds, periods.get(source) ?? 0));
      }
    }
    return [...periods].map(([source, seconds]) => ({ class: name, source, seconds }));
  });
}

function concrete(classes: CompiledModel['classes']): EffectiveClass[] {
  return [...classes.values()].filter((itemClass) => !itemClass.abstract);
}
