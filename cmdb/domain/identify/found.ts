import { type Identifier, type IdentifyingClass, toIdentifierKey } from './list-identifiers.ts';
import type { HostReference } from './record.ts';
import { identifiersOf } from './said.ts';

/** What of the model is needed to tell which item a record is about; a compiled model has it. */
export interface IdentifyingModel {
  classes: ReadonlyMap<string, IdentifyingClass>;
  /** Whether a class is this one or one of its descendants. */
  isA(name: string, ancestor: string): boolean;
}

/** A key under which a source knows an item. */
export interface KnownLink {
  source: string;
  key: string;
  /** `new`: for the first time in the run under way; `now`: in this run and in an earlier one; `before`: in an earlier one; `gone`: the source has stopped naming it. */
  seen: 'new' | 'now' | 'before' | 'gone';
  /** By what the item can be recognised as this key last told it. */
  identifiers: readonly Identifier[];
}

export interface KnownItem {
  id: string;
  class: string;
  name: string;
  retired: boolean;
  links: readonly KnownLink[];
  /** By what else it can be recognised: the words of keys that have left it for another item. */
  remains?: readonly Identifier[];
}

/** What was known of a record's own key. */
export interface KnownKey {
  itemId: string;
  /** The source had stopped naming it. */
  tombstoned?: boolean;
  /** Another key of the source took its place since, because it came with the same identifiers. */
  replaced?: boolean;
}

/** What the inventory knows of the records of a page, all of one source. Merged items are given as the item that they went into. */
export interface Found {
  keys: ReadonlyMap<string, KnownKey>;
  /** Keys about which a person has been asked and has not answered. */
  contested: ReadonlySet<string>;
  /** The ids of the living items that have an identifier, or else of a retired one that had it; by `toIdentifierKey`. */
  claims: ReadonlyMap<string, readonly string[]>;
  /** How many keys of the records' source say an identifier, those in question included, where it is more than one. */
  counts: ReadonlyMap<string, number>;
  /** All items that are named above, but for those that are only hosts. */
  items: ReadonlyMap<string, KnownItem>;
}

export function identifiersOfItem({ links, remains = [] }: Pick<KnownItem, 'links' | 'remains'>): Identifier[] {
  return identifiersOf([...links, { identifiers: remains }]);
}

export const nothingFound: Found = { keys: new Map(), contested: new Set(), claims: new Map(), counts: new Map(), items: new Map() };

/** The item that a record names as its host, if it is known. A host in the same page must have been identified before. */
export function findHost({ keys }: Pick<Found, 'keys'>, reference: HostReference | undefined): string | undefined {
  if (!reference) return undefined;
  return 'key' in reference ? keys.get(reference.key)?.itemId : reference.itemId;
}

/** The items that have an identifier. By one that several have, none of them can be told. */
export function holdersOf({ claims, items }: Found, identifier: Identifier): KnownItem[] {
  return (claims.get(toIdentifierKey(identifier)) ?? []).flatMap((id) => items.get(id) ?? []);
}
