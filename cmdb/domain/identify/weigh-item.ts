import { type IdentifyingModel, identifiersOfItem, type KnownItem, type KnownKey } from './found.ts';
import type { ListedIdentifier } from './list-identifiers.ts';
import { normalise } from './normalise.ts';
import type { Evidence } from './outcome.ts';
import type { SourceRecord } from './record.ts';

/** An item that a record may be about. */
export interface Candidate {
  item: KnownItem;
  /** The source has known it by the record's key. */
  known?: KnownKey;
  /** Best first. */
  for: Evidence[];
  against: Evidence[];
  /** Something that tells the thing itself agrees. */
  isSure: boolean;
  /** `same`: nothing speaks against it; `ask`: a person must say; `another`: it is another thing. */
  verdict: 'same' | 'ask' | 'another';
}

interface Comparison {
  agreeing: ListedIdentifier[];
  differing: ListedIdentifier[];
}

/** What a record and an item say of the same schemes, and what that makes of them. */
export function weighItem(
  item: KnownItem,
  record: SourceRecord,
  identifiers: readonly ListedIdentifier[],
  model: IdentifyingModel,
  known?: KnownKey,
): Candidate {
  const comparison = compare(identifiers, item);
  const nativeId: Evidence[] = known && record.key !== undefined ? [{ scheme: 'native_id', value: record.key }] : [];
  return {
    item,
    ...(known && { known }),
    for: [...nativeId, ...comparison.agreeing.map(({ scheme, value }) => ({ scheme, value })), ...agreeingName(item, record, comparison)],
    against: comparison.differing.map(({ scheme, value }) => ({ scheme, value, theirs: valuesOf(item, scheme) })),
    isSure: comparison.agreeing.some(({ ofTheThing }) => ofTheThing),
    verdict: known ? judgeKnown(item, record, comparison, known) : judgeFound(item, record, comparison, model),
  };
}

function compare(identifiers: readonly ListedIdentifier[], item: KnownItem): Comparison {
  const agreeing = identifiers.filter(({ scheme, value }) => valuesOf(item, scheme).includes(value));
  const agreed = new Set(agreeing.map(({ scheme }) => scheme));
  const differing = identifiers.filter(({ scheme }) => !agreed.has(scheme) && valuesOf(item, scheme).length > 0);
  // A list of addresses differs once, however long it is.
  return { agreeing, differing: differing.filter(({ scheme }, at) => differing.findIndex((other) => other.scheme === scheme) === at) };
}

function valuesOf(item: KnownItem, scheme: string): string[] {
  return [...new Set(identifiersOfItem(item).flatMap((identifier) => (identifier.scheme === scheme ? [identifier.value] : [])))];
}

function agreeingName(item: KnownItem, record: SourceRecord, { agreeing }: Comparison): Evidence[] {
  const isTold = agreeing.some(({ entry }) => entry.attributes.includes('name') || entry.attributes.includes('lookups'));
  return !isTold && hasSameName(item, record) ? [{ scheme: 'name', value: record.name }] : [];
}

function hasSameName(item: KnownItem, record: SourceRecord): boolean {
  return normalise('name', item.name) === normalise('name', record.name);
}

/**
 * The source's own key led here. A source knows its things, so what else changed is news: a new name, a new board with another serial number but the
 * same inventory number. Only when everything that tells the thing itself differs, the key may have been given to another thing:
 * - the key had been taken back by the source before (tombstone): then it has, and nobody need be asked;
 * - its place agrees, and the class says that the next thing takes that over (a meter's point): then it has, and the key is one of the place;
 * - the name still agrees: it is a repair (two witnesses, the key and the name);
 * - nothing agrees: a person must say.
 */
function judgeKnown(item: KnownItem, record: SourceRecord, { agreeing, differing }: Comparison, known: KnownKey): Candidate['verdict'] {
  const isContradicted = differing.some(({ ofTheThing }) => ofTheThing) && !agreeing.some(({ ofTheThing }) => ofTheThing);
  if (!isContradicted) return 'same';
  if (known.tombstoned || agreeing.some(({ entry, ofItsPlace }) => ofItsPlace && entry.contradicted === 'another')) return 'another';
  return agreeing.length > 0 || hasSameName(item, record) ? 'same' : 'ask';
}

/**
 * An identifier led here. The order of the class's entries says which is better: the best that agrees is contradicted by a better one that is there on
 * both sides and differs. A name or a place alone says nothing across kinds of things (a pump called as a server), brings no retired item back (it is
 * given again to the next one), and does not outweigh that the same source knows the item under another key.
 */
function judgeFound(item: KnownItem, record: SourceRecord, { agreeing, differing }: Comparison, model: IdentifyingModel): Candidate['verdict'] {
  const isRelated = model.isA(record.class, item.class) || model.isA(item.class, record.class);
  const isOtherKey = item.links.some(({ source, key, seen }) => source === record.source && key !== record.key && seen !== 'gone');
  if (!agreeing.some(({ ofTheThing }) => ofTheThing) && (item.retired || !isRelated || isOtherKey)) return 'another';
  const best = Math.min(...agreeing.map(({ rank }) => rank));
  if (!differing.some(({ rank }) => rank < best)) return 'same';
  return agreeing.every(({ entry }) => entry.contradicted === 'another') ? 'another' : 'ask';
}
