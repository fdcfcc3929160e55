import { AppError, type FieldViolation } from '../../platform/errors/app-error.ts';
import { type Attributes, patchAttributes, readAttributes, toCanonicalText } from './attributes.ts';
import { normaliseName, tidyLookups } from './lookup.ts';
import { checkClass, checkItem } from './model/check-item.ts';
import type { CompiledModel } from './model/compile-model.ts';
import { pointTo } from './model/pointer.ts';

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
  /** Since when (epoch milliseconds) something is so of it that was changed without an approved change; undefined: nothing, or somebody has approved it. */
  unauthorisedSince?: number | undefined;
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
  { id, source, key }: { id: string; source: string; key: string },
  facts: ItemFacts & { class: string; name: string },
  now: number,
): ItemState {
  return {
    id,
    source,
    key,
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

/** The next version of an item of which somebody approves, afterwards, what was changed without an approved change. */
export function authoriseItem({ unauthorisedSince: _, ...before }: ItemState, now: number): ItemState {
  return { ...before, version: before.version + 1, updatedAt: Math.max(now, before.updatedAt) };
}

/** The facts of a change by a person, and what the item's class has against it. An attribute is judged when it is changed, and all of them when the class is. */
export function applyPatch(before: ItemState, patch: ItemPatch, model: CompiledModel): { facts: ItemFacts; violations: FieldViolation[] } {
  const itemClass = patch.class ?? before.class;
  const changed = patch.attributes === undefined ? {} : readAttributes(patch.attributes, '/attributes');
  const isMoved = itemClass !== before.class;
  const judged = checkItem(
    model,
    { class: itemClass, attributes: isMoved ? patchAttributes(before.attributes, changed) : changed },
    { partial: !isMoved },
  );
  const removed = new Set(patch.removeLookups.map(normaliseName));
  const facts: ItemFacts = {
    class: itemClass,
    ...(patch.name !== undefined && { name: patch.name }),
    attributes: isMoved ? judged.attributes : patchAttributes(before.attributes, judged.attributes),
    lookups: tidyLookups([...before.lookups.filter((lookup) => !removed.has(normaliseName(lookup))), ...patch.addLookups]),
  };
  // Who changes nothing that belongs to the class need not answer for what it has become.
  return { facts, violations: isMoved || patch.attributes !== undefined ? judged.violations : [] };
}

export interface ReadRecords {
  /** Of each record, in their order. */
  facts: (ItemFacts & { key: string; class: string; name: string })[];
  /** All that is wrong with any of them. */
  violations: FieldViolation[];
}

export function readRecords(records: readonly ItemRecord[], model: CompiledModel): ReadRecords {
  const seen = new Map<string, number>();
  const violations: FieldViolation[] = [];
  const facts = records.map((record, index) => {
    const at = pointTo('/items', index);
    const twin = seen.get(record.key);
    if (twin !== undefined) violations.push({ pointer: pointTo(at, 'key'), message: `is the key of /items/${twin} too` });
    seen.set(record.key, index);
    const attributes = readRecordAttributes(record, model, at, violations);
    return {
      key: record.key,
      class: record.class,
      name: record.name,
      ...(attributes && { attributes }),
      lookups: tidyLookups(record.lookups),
      state: 'active' as const,
    };
  });
  return { facts, violations };
}

/** Undefined when the record says nothing of attributes, or nothing that can be read. */
function readRecordAttributes(record: ItemRecord, model: CompiledModel, at: string, violations: FieldViolation[]): Attributes | undefined {
  if (record.attributes === undefined) {
    violations.push(...checkClass(model, record.class, pointTo(at, 'class')));
    return undefined;
  }
  try {
    const given = readAttributes(record.attributes, pointTo(at, 'attributes'));
    const judged = checkItem(model, { class: record.class, attributes: given }, { at });
    violations.push(...judged.violations);
    return judged.attributes;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    violations.push(...checkClass(model, record.class, pointTo(at, 'class')), ...error.violations);
    return undefined;
  }
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
