import { tidyLookups } from '../lookup.ts';
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
export function readSaid(record: SourceRecord & { key: string }, at: number, mode: 'all' | 'changes' = 'all', before?: Said): Said {
  const { source, key, lookups } = record;
  const fields = toFields(record);
  const tidied = lookups && tidyLookups(lookups);
  if (mode === 'all' || !before) return { source, key, at, fields, lookups: tidied ?? [] };
  return { source, key, at, fields: Object.fromEntries(Object.entries({ ...before.fields, ...fields })), lookups: tidied ?? before.lookups };
}

export function isSameSpeaker(one: Pick<Said, 'source' | 'key'>, other: Pick<Said, 'source' | 'key'>): boolean {
  return one.source === other.source && one.key === other.key;
}
