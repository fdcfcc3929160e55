import { toCanonicalText } from '../attributes.ts';
import type { ItemState } from '../item.ts';
import { normaliseName } from '../lookup.ts';
import { isEmpty } from '../model/check-value.ts';
import type { CompiledModel, EffectiveClass } from '../model/compile-model.ts';

type Facts = Pick<ItemState, 'class' | 'name' | 'attributes' | 'lookups' | 'state'>;

/**
 * Whether a change is one for which the item's class asks for an approved change. That something came to be known (a new item, a value where there was none)
 * is no change of the thing itself.
 */
export function isControlledChange(before: Facts, after: Facts, { classes }: CompiledModel): boolean {
  const old = classes.get(before.class);
  if (before.class !== after.class && (isControlled(old) || isControlled(classes.get(after.class)))) return true;
  if (!old || !isControlled(old)) return false;
  const { controlled } = old;
  const isAll = controlled.has('*');
  if (isAll && before.state === 'active' && after.state === 'retired') return true;
  if ((isAll || controlled.has('name')) && before.name !== after.name) return true;
  if ((isAll || controlled.has('lookups')) && hasLost(before.lookups, after.lookups)) return true;
  const names = isAll ? Object.keys(before.attributes) : [...controlled];
  return names.some((name) => {
    const value = readValue(before, name);
    return !isEmpty(value) && toCanonicalText(value) !== toCanonicalText(readValue(after, name));
  });
}

function isControlled(itemClass: EffectiveClass | undefined): boolean {
  return (itemClass?.controlled.size ?? 0) > 0;
}

function readValue({ attributes }: Facts, name: string): unknown {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}

function hasLost(before: readonly string[], after: readonly string[]): boolean {
  const now = new Set(after.map(normaliseName));
  return before.some((lookup) => !now.has(normaliseName(lookup)));
}
