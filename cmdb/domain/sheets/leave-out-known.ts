import { toCanonicalText } from '../attributes.ts';
import { tidyLookups } from '../lookup.ts';
import type { AttributeDefinition } from '../model/model.ts';
import { toText } from './cell.ts';
import type { SheetRecord } from './read-row.ts';
import { type Reader, writeValue } from './write-value.ts';

export interface KnownFacts {
  class: string;
  name: string;
  attributes: Readonly<Record<string, unknown>>;
  lookups: readonly string[];
}

const anyReader: Reader = { language: 'en', zone: 'UTC' };

/**
 * Of a row that names its item, what the item does not say already: whoever exports a list, changes one cell and imports it says that one thing, and does not
 * vouch for all the others. Values are the same when a sheet shows them the same.
 */
export function leaveOutKnown(
  record: SheetRecord,
  item: KnownFacts,
  attributes: ReadonlyMap<string, AttributeDefinition>,
): { says: boolean; name?: string; class: string; lookups: readonly string[]; attributes: Record<string, unknown> } {
  const said = Object.fromEntries(
    Object.entries(record.attributes).filter(
      ([name, value]) => !isShownAlike(value, Object.hasOwn(item.attributes, name) ? item.attributes[name] : undefined, attributes.get(name)),
    ),
  );
  const name = record.name === undefined || isSameText(record.name, item.name) ? undefined : record.name;
  const { lookups: given = [] } = record;
  const lookups = toCanonicalText(tidyLookups(given)) === toCanonicalText(tidyLookups(item.lookups)) ? [] : given;
  const says = name !== undefined || record.class !== item.class || lookups.length > 0 || Object.keys(said).length > 0;
  return { says, ...(name !== undefined && { name }), class: record.class, lookups, attributes: said };
}

function isShownAlike(offered: unknown, known: unknown, attribute: AttributeDefinition | undefined): boolean {
  if (toCanonicalText(offered ?? null) === toCanonicalText(known ?? null)) return true;
  if (!attribute) return false;
  const show = (value: unknown) => toText(writeValue(value, attribute, anyReader));
  return show(offered) === show(known);
}

function isSameText(one: string, other: string): boolean {
  const show = (text: string) => toText({ kind: 'text', text });
  return show(one) === show(other);
}
