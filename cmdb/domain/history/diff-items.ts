import { toCanonicalText } from '../attributes.ts';
import type { ItemFacts } from '../item.ts';

/** One difference between two states of an item. An attribute's field is `attributes.NAME`. Absent values are undefined. */
export interface FieldDifference {
  field: string;
  before?: unknown;
  after?: unknown;
}

type Facts = Required<Pick<ItemFacts, 'class' | 'name' | 'attributes' | 'lookups' | 'state'>>;

/** What an item is before it comes into being. */
export const noFacts: Facts = { class: '', name: '', attributes: {}, lookups: [], state: 'active' };

const plain = ['class', 'name', 'state', 'lookups'] as const;

/** What differs, plain fields first, then attributes by name. */
export function diffItems(before: Facts, after: Facts): FieldDifference[] {
  const names = [...new Set([...Object.keys(before.attributes), ...Object.keys(after.attributes)])].sort();
  return [
    ...plain.map((field) => ({ field, before: before[field] as unknown, after: after[field] as unknown })),
    ...names.map((name) => ({ field: `attributes.${name}`, before: before.attributes[name], after: after.attributes[name] })),
  ].filter((one) => toCanonicalText(one.before) !== toCanonicalText(one.after));
}
