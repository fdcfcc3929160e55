import { tidyLookups } from '../lookup.ts';
import { type Identifier, toIdentifierKey } from './list-identifiers.ts';
import type { IdentifierFate } from './outcome.ts';
import type { SourceRecord } from './record.ts';

/** The item's own fields and its attributes in one: `name`, `organization`, `site`, `state`, `serialNumber` … */
export type Fields = Readonly<Record<string, unknown>>;

/** What a source last said of an item, under one key. */
export interface Said {
  source: string;
  key: string;
  /** When the source last spoke of it, also when it said nothing new; epoch milliseconds. */
  at: number;
  /** A field with null says that there is none; one that is absent is not spoken of. */
  fields: Fields;
  lookups: readonly string[];
  /** By what the record can be recognised, as `identify` told. */
  identifiers: readonly Identifier[];
}

const ownFields = ['name', 'organization', 'site', 'state'] as const;
export type OwnField = (typeof ownFields)[number];

/** An item or a record as one set of fields. An attribute cannot take the place of an own field. */
export function toFields({ attributes = {}, ...own }: { attributes?: Fields } & Partial<Record<OwnField, unknown>>): Fields {
  const given = ownFields.flatMap((name): [string, unknown][] => (own[name] === undefined ? [] : [[name, own[name]]]));
  return Object.fromEntries([...Object.entries(attributes), ...given]);
}

export function fromFields(fields: Fields): { own: Partial<Record<OwnField, unknown>>; attributes: Fields } {
  const isOwn = ([name]: [string, unknown]) => (ownFields as readonly string[]).includes(name);
  const entries = Object.entries(fields);
  return { own: Object.fromEntries(entries.filter(isOwn)), attributes: Object.fromEntries(entries.filter((entry) => !isOwn(entry))) };
}

/**
 * What a source says by a record. `all`: the record is all that it knows, so what is absent is not said any more; `changes`: what is absent stays as it
 * was said `before`.
 */
export function readSaid(
  record: SourceRecord & { key: string },
  { claimed, shared }: IdentifierFate,
  at: number,
  mode: 'all' | 'changes' = 'all',
  before?: Said,
): Said {
  const { source, key, lookups } = record;
  const kept = mode === 'changes' ? before : undefined;
  const identifiers = [...claimed, ...shared].map(({ scheme, value }) => ({ scheme, value }));
  const schemes = new Set(identifiers.map(({ scheme }) => scheme));
  return {
    source,
    key,
    at,
    fields: Object.fromEntries([...Object.entries(kept?.fields ?? {}), ...Object.entries(toFields(record))]),
    lookups: lookups ? tidyLookups(lookups) : (kept?.lookups ?? []),
    identifiers: [...(kept?.identifiers ?? []).filter(({ scheme }) => !schemes.has(scheme)), ...identifiers],
  };
}

/** All that an item can be recognised by, each once, in one order. */
export function identifiersOf(said: readonly Pick<Said, 'identifiers'>[]): Identifier[] {
  const all = new Map(said.flatMap(({ identifiers }) => identifiers.map((identifier) => [toIdentifierKey(identifier), identifier])));
  return [...all].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, identifier]) => identifier);
}

export function isSameSpeaker(one: Pick<Said, 'source' | 'key'>, other: Pick<Said, 'source' | 'key'>): boolean {
  return one.source === other.source && one.key === other.key;
}
