import type { LifecycleState } from './model.ts';

/** The attribute that every class with states has: where in its life an item is. It is an attribute like any other, and no class defines it itself. */
export const lifecycleState = 'lifecycleState';

/** What the states of a class make of it. */
export function toLifecycleAttribute(states: ReadonlyMap<string, LifecycleState>, initialState: string | undefined) {
  return {
    type: 'choice' as const,
    label: { ru: 'Состояние жизненного цикла', en: 'Life-cycle state' },
    values: [...states].map(([value, { label }]) => ({ value, label })),
    ...(initialState !== undefined && states.has(initialState) && { default: initialState }),
  };
}

/** In which phase of its life an item of the class is; undefined where nobody knows. */
export function phaseOf(
  itemClass: { states: ReadonlyMap<string, LifecycleState> } | undefined,
  attributes: Readonly<Record<string, unknown>>,
): LifecycleState['phase'] | undefined {
  const state = Object.hasOwn(attributes, lifecycleState) ? attributes[lifecycleState] : undefined;
  return typeof state === 'string' ? itemClass?.states.get(state)?.phase : undefined;
}
