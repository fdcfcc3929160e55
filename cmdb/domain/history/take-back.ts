import { type Attributes, toCanonicalText } from '../attributes.ts';
import type { ItemFacts } from '../item.ts';
import { diffItems } from './diff-items.ts';

export type KnownFacts = Required<Pick<ItemFacts, 'class' | 'name' | 'attributes' | 'lookups' | 'state'>>;

export interface TakenBack {
  facts: KnownFacts;
  /** Fields that somebody changed again since: they stay as they are now. */
  kept: string[];
}

/**
 * The facts of an item after one of its changes (`before` to `after`) is taken back from how it is `now`: each field that still has the value which that change gave
 * it gets the one from before it. `before` is undefined when the change brought the item into being: then it goes out of use.
 */
export function takeBack(before: KnownFacts | undefined, after: KnownFacts, now: KnownFacts): TakenBack {
  if (!before) {
    const touched = diffItems(after, now).map(({ field }) => field);
    return touched.length > 0 ? { facts: now, kept: touched } : { facts: { ...now, state: 'retired' }, kept: [] };
  }
  const kept: string[] = [];
  const facts: { -readonly [Field in keyof KnownFacts]: KnownFacts[Field] } = { ...now };
  const attributes: Record<string, unknown> = { ...now.attributes };
  for (const { field, before: old, after: given } of diffItems(before, after)) {
    const attribute = field.startsWith('attributes.') ? field.slice('attributes.'.length) : undefined;
    const present = attribute === undefined ? now[field as keyof KnownFacts] : now.attributes[attribute];
    if (toCanonicalText(present) !== toCanonicalText(given)) kept.push(field);
    else if (attribute === undefined) Object.assign(facts, { [field]: old });
    else if (old === undefined) delete attributes[attribute];
    else attributes[attribute] = old;
  }
  return { facts: { ...facts, attributes: attributes as Attributes }, kept };
}
