import type { AttributeDefinition, IdentifierEntry } from '../model/model.ts';
import { type Flaw, findFlaw } from './find-flaw.ts';
import { isNumberOfTheThing, isPlaceOfTheThing, type Kind, kindOf } from './kind-of.ts';
import { normalise } from './normalise.ts';
import { isPlaceholder } from './placeholders.ts';
import { readTexts, type SourceRecord } from './record.ts';

/** One identifier belongs to one item. */
export interface Identifier {
  scheme: string;
  /** As `normalise` gives it; the parts of an entry of several attributes are joined by `|`. */
  value: string;
}

export interface ListedIdentifier extends Identifier {
  entry: IdentifierEntry;
  /** Place of the entry in the order of its class, 0 is the best. */
  rank: number;
  /** It tells the thing itself, not what it is called or where it stands. */
  ofTheThing: boolean;
  /** It tells where the thing stands. */
  ofItsPlace: boolean;
}

/** Why an entry, or one of its values, could not be used. */
export interface LeftOut {
  scheme: string;
  why: 'missing' | 'placeholder' | 'invalid' | 'cloned' | 'shared' | 'host_missing' | 'host_unknown';
  /** The attribute that is to blame, with its value as it came. */
  attribute?: string;
  value?: string;
  flaw?: Flaw;
}

export interface Listing {
  /** In the order of the entries, each once. */
  identifiers: ListedIdentifier[];
  /** They would do, if not several items said them. */
  shared: ListedIdentifier[];
  leftOut: LeftOut[];
}

/** What of a class is needed to tell its items apart; a compiled model has it. */
export interface IdentifyingClass {
  abstract: boolean;
  identifiers: readonly IdentifierEntry[];
  attributes: ReadonlyMap<string, AttributeDefinition>;
}

export interface ListingContext {
  /** The id of the item that the record names as its host through this relation type, if that item is known. */
  hostOf(relationType: string): string | undefined;
  /** How many keys of the record's source say this very value. */
  countOf?(identifier: Identifier): number;
  /** It is known that several things say this value. */
  isShared?(identifier: Identifier): boolean;
}

/**
 * On so many items of one source a value is still taken for an identifier. Two are a mistake of one of them, which a person should see; a value that
 * is on more than three was put there by a factory or an image, and says nothing about any of them.
 */
const mostItemsOfOneValue = 3;

/** A record with many addresses times many names would have thousands of pairs. */
const mostValuesOfAnEntry = 64;

/** One text for an identifier; schemes have no blanks. */
export function toIdentifierKey({ scheme, value }: Identifier): string {
  return `${scheme} ${value}`;
}

/** What a record can be recognised by, best first, and why not by more. */
export function listIdentifiers(
  record: Pick<SourceRecord, 'name' | 'attributes' | 'lookups' | 'organization' | 'site' | 'hosts'>,
  { identifiers: entries, attributes }: Pick<IdentifyingClass, 'identifiers' | 'attributes'>,
  context: ListingContext,
): Listing {
  const identifiers: ListedIdentifier[] = [];
  const shared: ListedIdentifier[] = [];
  const leftOut: LeftOut[] = [];
  for (const [rank, entry] of entries.entries()) {
    const { scheme } = entry;
    const { kinds, ofTheThing, ofItsPlace } = readEntry(entry, attributes);
    const parts = entry.attributes.map((attribute, index) => readValues(record, entry, attribute, kinds[index] ?? 'text', leftOut));
    if (parts.some((values) => values.length === 0)) continue;
    const host = entry.withinHost === undefined ? undefined : context.hostOf(entry.withinHost);
    if (entry.withinHost !== undefined && host === undefined) {
      leftOut.push({ scheme, why: record.hosts?.[entry.withinHost] === undefined ? 'host_missing' : 'host_unknown' });
      continue;
    }
    for (const value of combine(host === undefined ? parts : [[host], ...parts])) {
      const identifier = { scheme, value, entry, rank, ofTheThing, ofItsPlace };
      if ((context.countOf?.(identifier) ?? 0) > mostItemsOfOneValue) leftOut.push({ scheme, why: 'cloned', value });
      else if (context.isShared?.(identifier)) {
        leftOut.push({ scheme, why: 'shared', value });
        shared.push(identifier);
      } else identifiers.push(identifier);
    }
  }
  return { identifiers, shared, leftOut };
}

interface ReadEntry {
  kinds: readonly Kind[];
  ofTheThing: boolean;
  ofItsPlace: boolean;
}

const readEntries = new WeakMap<IdentifierEntry, ReadEntry>();

/** What an entry is worth; read once, because a page has a thousand records of a class and a class may not change the type of what it inherits. */
function readEntry(entry: IdentifierEntry, attributes: ReadonlyMap<string, AttributeDefinition>): ReadEntry {
  const known = readEntries.get(entry);
  if (known) return known;
  const kinds = entry.attributes.map((attribute) => kindOf(attribute, entry.scheme, attributes.get(attribute)));
  const read = { kinds, ofTheThing: isNumberOfTheThing(entry, kinds), ofItsPlace: isPlaceOfTheThing(entry, kinds) };
  readEntries.set(entry, read);
  return read;
}

/** The usable values of one attribute of an entry; for a UUID that is missing, the one that VMware writes into the serial number. */
function readValues(
  record: Pick<SourceRecord, 'name' | 'attributes' | 'lookups' | 'organization' | 'site'>,
  { scheme }: IdentifierEntry,
  attribute: string,
  kind: Kind,
  leftOut: LeftOut[],
): string[] {
  const texts = readTexts(record, attribute);
  const read = texts.length > 0 || kind !== 'uuid' || !/bios/i.test(attribute) ? texts : readUuidOfVmware(record);
  if (read.length === 0) leftOut.push({ scheme, why: 'missing', attribute });
  const values = new Set<string>();
  for (const text of read) {
    // Among the lookups are names and addresses.
    const own = attribute === 'lookups' && /^[0-9.]+$|:/.test(text) ? 'ip' : kind;
    const value = normalise(own, text);
    if (isPlaceholder(own, text, value)) {
      leftOut.push({ scheme, why: 'placeholder', attribute, value: text });
      continue;
    }
    const flaw = findFlaw(own, value);
    if (flaw === undefined) values.add(value);
    else leftOut.push({ scheme, why: 'invalid', attribute, value: text, flaw });
  }
  return [...values];
}

/** A guest of VMware has "VMware-42 02 30 81 33 1b 58 e1-27 30 …" for a serial number: the bytes of its BIOS UUID. */
function readUuidOfVmware({ attributes = {} }: Pick<SourceRecord, 'attributes'>): string[] {
  return Object.values(attributes).filter(
    (value): value is string => typeof value === 'string' && /^vmware-(?:[0-9a-f]{2}[ -]?){16}$/i.test(value.trim()),
  );
}

function combine(parts: readonly (readonly string[])[]): string[] {
  const [only = [], ...more] = parts;
  if (more.length === 0) return only.slice(0, mostValuesOfAnEntry);
  let rows: string[][] = [[]];
  for (const values of parts) rows = rows.flatMap((row) => values.map((value) => [...row, value.replaceAll('|', '/')])).slice(0, mostValuesOfAnEntry);
  return rows.map((row) => row.join('|'));
}
