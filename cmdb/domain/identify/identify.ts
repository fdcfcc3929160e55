import { type Found, findHost, holdersOf, type IdentifyingModel, type KnownItem, type KnownLink } from './found.ts';
import { listIdentifiers, toIdentifierKey } from './list-identifiers.ts';
import type { IdentifyOutcome, MovedLink } from './outcome.ts';
import type { SourceRecord } from './record.ts';
import { create, refuse, type Situation, settle, suspect } from './tell-outcome.ts';
import { type Candidate, weighItem } from './weigh-item.ts';

export interface IdentifyOptions {
  /** A native id alone is not enough: without an identifier of its class a record is refused. */
  demandsIdentifier?: boolean;
  /** The source is telling all that it knows, and has not finished: what hangs on keys that it has not named yet waits for the end. */
  isSnapshot?: boolean;
}

/**
 * Which item a record is about. Never a guess: whatever points two ways is a question for a person, with what speaks for and against each item.
 * The decisions behind it are in docs/adr/0036-who-is-who-and-whose-word-counts.md.
 */
export function identify(record: SourceRecord, model: IdentifyingModel, found: Found, options: IdentifyOptions = {}): IdentifyOutcome {
  const own = model.classes.get(record.class);
  if (!own || own.abstract) return { kind: 'rejected', reason: own ? 'class_abstract' : 'class_unknown', class: record.class, leftOut: [] };
  const listing = listIdentifiers(record, own, {
    hostOf: (type) => findHost(found, record.hosts?.[type]),
    countOf: (identifier) => found.counts.get(toIdentifierKey(identifier)) ?? 0,
    isShared: (identifier) => holdersOf(found, identifier).length > 1,
  });
  const situation = { ...listing, record, model, found };
  const candidates = weighCandidates(situation);
  const linked = candidates.find(({ known }) => known !== undefined);
  const others = candidates.filter((candidate) => candidate !== linked);
  if (linked && !hasLostItsKey(linked, others, situation)) return decideKnown(linked, others, situation, options);
  return decideFound(linked, others, situation, options);
}

/** The item of the record's key first, then the items that have its identifiers, in the order of these. */
function weighCandidates({ record, identifiers, shared, model, found }: Situation): Candidate[] {
  const known = record.key === undefined ? undefined : found.keys.get(record.key);
  const linked = known && found.items.get(known.itemId);
  const items = new Set<KnownItem>(linked ? [linked] : []);
  for (const identifier of identifiers) for (const item of holdersOf(found, identifier)) items.add(item);
  // What others say too tells no other item, but it does tell whether the key's own item has changed.
  const all = [...identifiers, ...shared].sort((one, other) => one.rank - other.rank);
  return [...items].map((item) => (item === linked ? weighItem(item, record, all, model, known) : weighItem(item, record, identifiers, model)));
}

/** Nothing else led anywhere, but several items say what the record says: it may be any of them. */
function weighSharers({ record, identifiers, shared, model, found }: Situation, weighed: readonly Candidate[]): Candidate[] {
  const items = new Set(shared.flatMap((identifier) => holdersOf(found, identifier)));
  for (const { item } of weighed) items.delete(item);
  const all = [...identifiers, ...shared].sort((one, other) => one.rank - other.rank);
  return [...items].map((item) => weighItem(item, record, all, model));
}

/** The key stands for another thing now, or its thing was gone and the record tells one that lives. */
function hasLostItsKey({ verdict, known, isSure }: Candidate, others: readonly Candidate[], situation: Situation): boolean {
  if (verdict === 'another' || known?.tombstoned !== true || isSure) return verdict === 'another';
  return others.some((other) => other.isSure && other.verdict === 'same' && !isNamedBySource(other, situation));
}

function decideKnown(
  linked: Candidate,
  others: readonly Candidate[],
  situation: Situation,
  { isSnapshot = false }: IdentifyOptions,
): IdentifyOutcome {
  if (linked.verdict === 'ask') return suspect('key_reused', [linked, ...others.filter(({ isSure }) => isSure)], situation);
  const rivals = others.filter(({ verdict, isSure }) => verdict === 'same' || (verdict === 'ask' && isSure));
  const waitsFor = isSnapshot ? rivals.flatMap((rival) => listUnheard(rival, situation)) : [];
  if (waitsFor.length > 0) return { kind: 'postponed', waitsFor, leftOut: situation.leftOut };
  const latecomer = rivals.length === 1 && rivals[0] ? findLatecomer(rivals[0], situation) : undefined;
  if (rivals.length > 0 && latecomer === undefined) return suspect('two_items', [linked, ...rivals], situation, linked);
  const successor = linked.known?.replaced
    ? linksOfSource(linked.item, situation).find(({ key, seen }) => key !== situation.record.key && seen !== 'gone')
    : undefined;
  const displaces = latecomer ?? successor?.key;
  return settle(linked, { kind: 'linked', ...(displaces !== undefined && { displaces }) }, situation);
}

/** The source names this item in this very run, under another key: then it is not what the record's key stands for. */
function isNamedBySource({ item }: Candidate, situation: Situation): boolean {
  return linksOfSource(item, situation).some(({ key, seen }) => key !== situation.record.key && (seen === 'now' || seen === 'new'));
}

/** The key of an item that only this source told, and only in this run: had the record come first, that item would not have been made. */
function findLatecomer({ item }: Candidate, { record }: Situation): string | undefined {
  const [link, ...more] = item.links;
  return link?.source === record.source && link.seen === 'new' && more.length === 0 ? link.key : undefined;
}

/** `linked` is an item that the record's key does not stand for any more. */
function decideFound(
  linked: Candidate | undefined,
  others: readonly Candidate[],
  situation: Situation,
  { demandsIdentifier = false, isSnapshot = false }: IdentifyOptions,
): IdentifyOutcome {
  const waitsFor = isSnapshot ? others.flatMap((candidate) => listUnheard(candidate, situation)) : [];
  if (waitsFor.length > 0) return { kind: 'postponed', waitsFor, leftOut: situation.leftOut };
  const [first, ...rest] = others.filter(({ verdict }) => verdict === 'same');
  const doubtful = others.filter(({ verdict }) => verdict === 'ask');
  if (!first) {
    if (doubtful.length > 0) return suspect('contradicted', doubtful, situation);
    const weighed = [...(linked ? [linked] : []), ...others];
    const sharers = weighSharers(situation, weighed);
    const possible = sharers.filter(({ verdict }) => verdict !== 'another');
    if (possible.length > 0) return suspect('two_items', possible, situation);
    return refuse(situation, demandsIdentifier) ?? create([...weighed, ...sharers], movedLink(undefined, linked), situation);
  }
  // A name that a better identifier contradicts is no second opinion when another item agrees by itself: names wander.
  const rivals = [...rest, ...doubtful.filter(({ isSure }) => isSure)];
  if (rivals.length > 0) return suspect('two_items', [first, ...rivals], situation, onlySure([first, ...rivals]));
  return match(first, linked, situation);
}

/**
 * The item may have another key of the same source. A source that gives its things new keys stops naming the old ones, and the link moves. One that
 * names both says that they are two: then the key that was there in an earlier run has the older right to the item, or else the one that comes first
 * in the alphabet, so that the order of the pages makes no difference; the other is a question for a person.
 */
function match(first: Candidate, linked: Candidate | undefined, situation: Situation): IdentifyOutcome {
  const { record, found } = situation;
  const { key } = record;
  const twins = key === undefined ? [] : linksOfSource(first.item, situation).filter((link) => link.key !== key);
  const isNamed = ({ seen }: KnownLink) => seen === 'now' || seen === 'new' || (seen === 'before' && found.contested.has(key ?? ''));
  const named = twins.filter(isNamed);
  const [rival] = named;
  const takesOver = named.length === 1 && rival?.seen === 'new' && key !== undefined && key < rival.key;
  if (rival && !takesOver) return suspect('two_keys', [first], situation);
  const [by] = first.for;
  if (!by) throw new Error('An item was found by nothing.');
  const fromKey = (twins.find(({ seen }) => seen === 'before') ?? twins.find(({ seen }) => seen === 'gone'))?.key;
  const movesLink = movedLink(fromKey, linked);
  return settle(first, { kind: 'matched', by, ...(takesOver && { displaces: rival.key }), ...(movesLink && { movesLink }) }, situation);
}

/**
 * Keys of the same source that stand for an item that the record may be about, and that the source has not named in this run: it may have given the
 * thing a new key, or what it said of the old one may be so no more.
 */
function listUnheard({ item, verdict }: Candidate, situation: Situation): string[] {
  if (verdict === 'another' || situation.record.key === undefined) return [];
  return linksOfSource(item, situation).flatMap(({ key, seen }) => (seen === 'before' && key !== situation.record.key ? [key] : []));
}

function linksOfSource({ links }: KnownItem, { record }: Situation): KnownLink[] {
  return links.filter(({ source }) => source === record.source);
}

function movedLink(fromKey: string | undefined, linked: Candidate | undefined): MovedLink | undefined {
  if (fromKey === undefined && !linked) return undefined;
  return { ...(fromKey !== undefined && { fromKey }), ...(linked && { fromItem: linked.item.id }) };
}

/** The one candidate that is beyond doubt: the only one of which something of the thing itself agrees and nothing better differs. */
function onlySure(candidates: readonly Candidate[]): Candidate | undefined {
  const sure = candidates.filter(({ isSure }) => isSure);
  return sure.length === 1 && sure[0]?.verdict === 'same' ? sure[0] : undefined;
}
