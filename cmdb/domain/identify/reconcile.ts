import { toCanonicalText } from '../attributes.ts';
import { tidyLookups } from '../lookup.ts';
import type { AttributeDefinition } from '../model/model.ts';
import { type Precedence, rankSources } from './authority.ts';
import { type Fields, isSameSpeaker, type Said } from './said.ts';

/** Whose word a value is, and since when. */
export interface Owner {
  source: string;
  key: string;
  /** Epoch milliseconds. */
  at: number;
}

/** What is so of an item, and by whose word. A field without an owner is from before anybody kept account. */
export interface ReconciledItem {
  fields: Fields;
  lookups: readonly string[];
  provenance: Readonly<Record<string, Owner>>;
}

/**
 * By what right a value is there: `first`: there was none; `own`: its source says it anew; `person`, `authority`: its source counts for more; `alike`: as
 * much, and its name comes first; `owner_silent`: who counts for more has been silent for too long; `owner_gone`: whose word it was does not speak of
 * the item any more; `next`: whose word it was has withdrawn it, and the next one's counts; `withdrawn`: it has, and nobody else says anything;
 * `united`: of lookups, which all sources give together.
 */
export type Right = 'first' | 'own' | Precedence | 'owner_gone' | 'next' | 'withdrawn' | 'united';

export interface FieldChange {
  attribute: string;
  /** Undefined: none. */
  before?: unknown;
  after?: unknown;
  by: string;
  right: Right;
}

/** A value that the record would have set otherwise. */
export interface KeptValue {
  attribute: string;
  value?: unknown;
  offered?: unknown;
  /** Whose word stands. */
  source: string;
  because: Precedence;
  /** From this moment on the record's word counts, unless the source speaks before; epoch milliseconds. */
  until?: number;
}

export interface Reconciliation {
  after: ReconciledItem;
  changes: FieldChange[];
  kept: KeptValue[];
  /** Something that the record says is not so, because another's word counts: the same record must be looked at again when it comes again. */
  contested: boolean;
}

/**
 * What becomes of an item when a source speaks. The values are a function of what each source last said and of the moment, and of nothing else, so the
 * order in which they speak makes no difference. What nobody says any more goes away with the word of its owner; what has no owner here (a source that is gone, a value
 * from before) stays until somebody says otherwise.
 *
 * `others`: what every other key of every source last said of the item; an earlier word of the same key may be among them. `said.at` is now.
 */
export function reconcile(
  item: ReconciledItem,
  said: Said,
  attributes: ReadonlyMap<string, AttributeDefinition>,
  others: readonly Said[],
): Reconciliation {
  const now = said.at;
  const all = [said, ...others.filter((other) => !isSameSpeaker(other, said))];
  const after = settleItem(item, all, attributes, now);
  const names = [...new Set([...Object.keys(item.fields), ...Object.keys(after.fields)])].sort();
  const changes = names.flatMap((name) => describeChange(name, item, after, said, all, attributes, now));
  if (toCanonicalText(item.lookups) !== toCanonicalText(after.lookups))
    changes.push({ attribute: 'lookups', before: item.lookups, after: after.lookups, by: said.source, right: 'united' });
  // Alone, it is never contradicted.
  const kept = (all.length === 1 ? [] : Object.keys(said.fields).sort()).flatMap((name) => describeKept(name, after, said, all, attributes, now));
  return { after, changes, kept, contested: kept.length > 0 };
}

/** The item as all that is said of it makes it at a moment. */
export function settleItem(
  item: ReconciledItem,
  all: readonly Said[],
  attributes: ReadonlyMap<string, AttributeDefinition>,
  now: number,
): ReconciledItem {
  const fields: [string, unknown][] = [];
  const provenance: [string, Owner][] = [];
  for (const name of [
    ...new Set([...Object.keys(item.fields), ...Object.keys(item.provenance), ...all.flatMap((one) => Object.keys(one.fields))]),
  ].sort()) {
    const speaker = pickSpeaker(name, all, attributes, now);
    const before = ownerOf(item, name);
    if (speaker) {
      const value = speaker.fields[name];
      const isOwn = before && isSameSpeaker(before, speaker) && isEqual(value, wordOn(item.fields, name));
      if (value !== null) fields.push([name, value]);
      provenance.push([name, isOwn ? before : { source: speaker.source, key: speaker.key, at: speaker.at }]);
    } else if (!before || !all.some((one) => isSameSpeaker(one, before))) {
      if (Object.hasOwn(item.fields, name)) fields.push([name, item.fields[name]]);
      if (before) provenance.push([name, before]);
    }
  }
  // Not by assignment: a source may name an attribute `__proto__`.
  return {
    fields: Object.fromEntries(fields),
    lookups: all.length === 0 ? item.lookups : tidyLookups(inOneOrder(all).flatMap((one) => one.lookups)),
    provenance: Object.fromEntries(provenance),
  };
}

/** Two sources may write one lookup in two ways, and the last way stays. */
function inOneOrder(all: readonly Said[]): Said[] {
  if (all.length === 1) return [...all];
  const text = ({ source, key }: Said) => toCanonicalText([source, key]);
  return [...all].sort((one, other) => (text(one) < text(other) ? -1 : 1));
}

function pickSpeaker(name: string, all: readonly Said[], attributes: ReadonlyMap<string, AttributeDefinition>, now: number): Said | undefined {
  const [only] = all;
  if (all.length === 1) return only && wordOn(only.fields, name) !== undefined ? only : undefined;
  const speakers = all.filter(({ fields }) => wordOn(fields, name) !== undefined);
  return speakers.length < 2 ? speakers[0] : speakers.sort(rankSources(attributes.get(name), now).compare)[0];
}

function describeChange(
  name: string,
  item: ReconciledItem,
  after: ReconciledItem,
  said: Said,
  all: readonly Said[],
  attributes: ReadonlyMap<string, AttributeDefinition>,
  now: number,
): FieldChange[] {
  const was = wordOn(item.fields, name);
  const is = wordOn(after.fields, name);
  if (isEqual(was, is)) return [];
  const change = { attribute: name, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) };
  const speaker = pickSpeaker(name, all, attributes, now);
  if (!speaker) return [{ ...change, by: said.source, right: 'withdrawn' }];
  return [{ ...change, by: speaker.source, right: findRight(name, item, speaker, all, attributes, now) }];
}

function findRight(
  name: string,
  item: ReconciledItem,
  speaker: Said,
  all: readonly Said[],
  attributes: ReadonlyMap<string, AttributeDefinition>,
  now: number,
): Right {
  const before = ownerOf(item, name);
  if (wordOn(item.fields, name) === undefined && !before) return 'first';
  if (!before) return 'owner_gone';
  if (isSameSpeaker(before, speaker)) return 'own';
  const owner = all.find((one) => isSameSpeaker(one, before));
  if (!owner) return 'owner_gone';
  return wordOn(owner.fields, name) === undefined ? 'next' : rankSources(attributes.get(name), now).explain(speaker, owner);
}

function describeKept(
  name: string,
  after: ReconciledItem,
  said: Said,
  all: readonly Said[],
  attributes: ReadonlyMap<string, AttributeDefinition>,
  now: number,
): KeptValue[] {
  const offered = said.fields[name] ?? undefined;
  const value = wordOn(after.fields, name);
  const speaker = pickSpeaker(name, all, attributes, now);
  if (!speaker || isSameSpeaker(speaker, said) || isEqual(offered, value)) return [];
  const ranked = rankSources(attributes.get(name), now);
  const until = ranked.compare(said, { ...speaker, at: Number.NEGATIVE_INFINITY }) < 0 ? ranked.staleFrom(speaker) : undefined;
  return [
    {
      attribute: name,
      ...(value !== undefined && { value }),
      ...(offered !== undefined && { offered }),
      source: speaker.source,
      because: ranked.explain(speaker, said),
      ...(until !== undefined && { until }),
    },
  ];
}

function ownerOf(item: ReconciledItem, name: string): Owner | undefined {
  return Object.hasOwn(item.provenance, name) ? item.provenance[name] : undefined;
}

/** Of null, undefined is left to tell: null is a word of a source. */
function wordOn(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function isEqual(one: unknown, other: unknown): boolean {
  const some = one ?? null;
  const others = other ?? null;
  if (typeof some !== 'object' || typeof others !== 'object' || some === null || others === null) return some === others;
  return toCanonicalText(some) === toCanonicalText(others);
}
