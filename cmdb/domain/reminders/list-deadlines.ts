import type { ItemState } from '../item.ts';
import type { CompiledModel } from '../model/compile-model.ts';
import { phaseOf } from '../model/lifecycle-attribute.ts';

/** A date of an item of which its class reminds. */
export interface Deadline {
  attribute: string;
  /** `2026-06-30` */
  on: string;
  /** How long before it: ISO 8601 durations of whole days. */
  remind: readonly string[];
}

export function listDeadlines(item: Pick<ItemState, 'class' | 'attributes'>, model: CompiledModel): Deadline[] {
  return (model.classes.get(item.class)?.reminding ?? []).flatMap(({ name, remind = [] }) => {
    const on = readDay(Object.hasOwn(item.attributes, name) ? item.attributes[name] : undefined);
    return on === undefined ? [] : [{ attribute: name, on, remind }];
  });
}

/** Whether nobody wants to be reminded of it any more: nobody knows the item, or its life is over. */
export function isQuiet({ class: itemClass, attributes, state }: Pick<ItemState, 'class' | 'attributes' | 'state'>, model: CompiledModel): boolean {
  return state === 'retired' || phaseOf(model.classes.get(itemClass), attributes) === 'retired';
}

/** The day (UTC) of a date or a moment. What was taken in before the model had the attribute may be anything. */
function readDay(value: unknown): string | undefined {
  const day = typeof value === 'string' ? /^(?!0000)\d{4}-\d\d-\d\d(?=T|$)/.exec(value)?.[0] : undefined;
  return day !== undefined && !Number.isNaN(Date.parse(`${day}T00:00:00Z`)) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)
    ? day
    : undefined;
}
