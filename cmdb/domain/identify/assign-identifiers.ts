import { type Identifier, toIdentifierKey } from './list-identifiers.ts';

/** What an item could be recognised by, and what it can be recognised by now; `identifiersOf` what its sources say. A retired item has none. */
export interface IdentifierChange {
  itemId: string;
  before: readonly Identifier[];
  after: readonly Identifier[];
}

export interface AssignedIdentifier extends Identifier {
  /** One item: it is found by the identifier. Several: the identifier tells nobody. None: it is free. */
  itemIds: readonly string[];
}

/**
 * Who has each identifier that a set of changes touches, the changes taken together: two items that exchange a name in one page do not share it on the
 * way. `claims`: who said each before, by `toIdentifierKey`.
 */
export function assignIdentifiers(claims: ReadonlyMap<string, readonly string[]>, changes: readonly IdentifierChange[]): AssignedIdentifier[] {
  const touched = new Map<string, { identifier: Identifier; itemIds: Set<string> }>();
  const claimantsOf = (identifier: Identifier) => {
    const key = toIdentifierKey(identifier);
    const known = touched.get(key) ?? { identifier, itemIds: new Set(claims.get(key) ?? []) };
    touched.set(key, known);
    return known.itemIds;
  };
  for (const { itemId, before } of changes) for (const identifier of before) claimantsOf(identifier).delete(itemId);
  for (const { itemId, after } of changes) for (const identifier of after) claimantsOf(identifier).add(itemId);
  return [...touched.values()]
    .map(({ identifier: { scheme, value }, itemIds }) => ({ scheme, value, itemIds: [...itemIds].sort() }))
    .filter((assigned) => !isSame(assigned.itemIds, claims.get(toIdentifierKey(assigned)) ?? []));
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id));
}
