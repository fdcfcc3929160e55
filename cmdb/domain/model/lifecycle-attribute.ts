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
