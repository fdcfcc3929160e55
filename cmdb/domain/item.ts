import { AppError, type FieldViolation } from '../../platform/errors/app-error.ts';
import { type Attributes, patchAttributes, readAttributes, toCanonicalText } from './attributes.ts';
import { normaliseName, tidyLookups } from './lookup.ts';
import { itemClasses } from './model.ts';

/** Whose word each attribute (and `name`) is: the source, its key, and since when (epoch milliseconds). */
export type Provenance = Readonly<Record<string, { source: string; key: string; at: number }>>;

/** One configuration item as it is now. Its source and key are those that named it first. */
export interface ItemState {
  id: string;
  source: string;
  key: string;
  class: string;
  name: string;
  attributes: Attributes;
  lookups: readonly string[];
  state: 'active' | 'retired';
  provenance: Provenance;
  /** The item that it went into. */
  mergedInto?: string | undefined;
  version: number;
  /** Rises with every write of it, also when that makes no new version. */
  revision: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
}

/** What somebody says of an item; what is left out stays, or is empty when the item is new. */
export interface ItemFacts {
  class?: string;
  name?: string;
  attributes?: Attributes;
  lookups?: readonly string[];
  state?: ItemState['state'];
  provenance?: Provenance;
  mergedInto?: string | undefined;
}

/** What a person asks to change. */
export interface ItemPatch {
  class?: string;
  name?: string;
  attributes?: string;
  addLookups: readonly string[];
  removeLookups: readonly string[];
}

/** One record of a source, as it came. */
export interface ItemRecord {
  key: string;
  class: string;
  name: string;
  attributes?: string;
  lookups: readonly string[];
}

export function newItem(
  identity: { id: string; source: string; key: string },
  facts: ItemFacts & { class: string; name: string },
  now: number,
): ItemState {
  return {
    ...identity,
    class: facts.class,
    name: facts.name,
    attributes: facts.attributes ?? {},
    lookups: facts.lookups ?? [],
    state: 'active',
    provenance: facts.provenance ?? {},
    version: 1,
    revision: 0,
    createdAt: now,
    updatedAt: now,
  };
}

/** The next version of an item, or undefined when the facts change nothing. A version never begins before the one before it. */
export function reviseItem(before: ItemState, facts: ItemFacts, now: number): ItemState | undefined {
  const after: ItemState = { ...before, ...facts, version: before.version + 1, updatedAt: Math.max(now, before.updatedAt) };
  return isSame(before, after) ? undefined : after;
}

export function applyPatch(before: ItemState, patch: ItemPatch): ItemFacts {
  const removed = new Set(patch.removeLookups.map(normaliseName));
  return {
    ...(patch.class !== undefined && { class: patch.class }),
    ...(patch.name !== undefined && { name: patch.name }),
    ...(patch.attributes !== undefined && { attributes: patchAttributes(before.attributes, readAttributes(patch.attributes, '/attributes')) }),
    lookups: tidyLookups([...before.lookups.filter((lookup) => !removed.has(normaliseName(lookup))), ...patch.addLookups]),
  };
}

/** The facts of each record, in their order. Throws AppError `invalid_input` with all that is wrong with any of them. */
export function readRecords(records: readonly ItemRecord[]): (ItemFacts & { key: string; class: string; name: string })[] {
  const seen = new Map<string, number>();
  const violations: FieldViolation[] = [];
  const facts = records.map((record, index) => {
    const twin = seen.get(record.key);
    if (twin !== undefined) violations.push({ pointer: `/items/${index}/key`, message: `is the key of /items/${twin} too` });
    seen.set(record.key, index);
    violations.push(...checkClass(record.class, `/items/${index}/class`));
    let attributes: Attributes | undefined;
    try {
      attributes = record.attributes === undefined ? undefined : readAttributes(record.attributes, `/items/${index}/attributes`);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      violations.push(...error.violations);
    }
    return {
      key: record.key,
      class: record.class,
      name: record.name,
      ...(attributes && { attributes }),
      lookups: tidyLookups(record.lookups),
      state: 'active' as const,
    };
  });
  if (violations.length > 0)
    throw new AppError('invalid_input', 'Some records cannot be taken in; none of them was.', { violations: violations.slice(0, 100) });
  return facts;
}

export function checkClass(name: string, pointer: string): FieldViolation[] {
  if (itemClasses.has(name)) return [];
  return [{ pointer, message: `is no class of the model; there are ${[...itemClasses.keys()].join(', ')}` }];
}

/** The names under which an active item is found, each with whether it is only the item's own name. A retired item is found under none. */
export function listNames(item: Pick<ItemState, 'name' | 'lookups' | 'state'>): Map<string, { ownName: boolean }> {
  if (item.state === 'retired') return new Map();
  const names = new Map([[normaliseName(item.name), { ownName: true }]]);
  for (const lookup of item.lookups) names.set(normaliseName(lookup), { ownName: false });
  return names;
}

function isSame(one: ItemState, other: ItemState): boolean {
  return (
    one.class === other.class &&
    one.name === other.name &&
    one.state === other.state &&
    toCanonicalText(one.lookups) === toCanonicalText(other.lookups) &&
    toCanonicalText(one.attributes) === toCanonicalText(other.attributes)
  );
}
