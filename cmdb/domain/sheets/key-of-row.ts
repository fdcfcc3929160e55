import { type IdentifyingClass, listIdentifiers, toIdentifierKey } from '../identify/list-identifiers.ts';
import { normaliseName } from '../lookup.ts';
import type { SheetRecord } from './read-row.ts';

const mostCharacters = 300;

/**
 * Under which key the source of a list says a row, so that next year's list is known again: what the column of the key says; or the item that the row names; or
 * the first identifier of its class that it has; or else its name, together with its site. Undefined: nothing tells which item it is about.
 */
export function keyOfRow(record: SheetRecord, itemClass: IdentifyingClass | undefined): string | undefined {
  if (record.key !== undefined) return record.key;
  if (record.id !== undefined) return `id ${record.id}`;
  const { name = '', lookups = [], attributes } = record;
  const { identifiers } = itemClass ? listIdentifiers({ name, attributes, lookups }, itemClass, { hostOf: () => undefined }) : { identifiers: [] };
  const own = identifiers.find(({ entry }) => entry.withinHost === undefined && !entry.attributes.includes('lookups'));
  if (own) return toIdentifierKey(own).slice(0, mostCharacters);
  if (name === '') return undefined;
  const site = Object.hasOwn(attributes, 'site') ? attributes['site'] : undefined;
  return `name ${normaliseName(name)}${typeof site === 'string' ? ` / ${normaliseName(site)}` : ''}`.slice(0, mostCharacters);
}
