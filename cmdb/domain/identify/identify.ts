import { type Found, findHost, holderOf, type IdentifyingModel, type KnownItem } from './found.ts';
import { type LeftOut, type ListedIdentifier, type Listing, listIdentifiers, toIdentifierKey } from './list-identifiers.ts';
import type { IdentifierFate, IdentifyOutcome, MovedLink, Suspect } from './outcome.ts';
import type { SourceRecord } from './record.ts';
import { type Candidate, weighItem } from './weigh-item.ts';

export interface IdentifyOptions {
  /** A native id alone is not enough: without an identifier of its class a record is refused. */
  demandsIdentifier?: boolean;
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
    isShared: (identifier) => found.shared.has(toIdentifierKey(identifier)),
  });
  const candidates = weighCandidates(record, listing.identifiers, model, found);
  const linked = candidates.find(({ known }) => known !== undefined);
  const others = candidates.filter((candidate) => candidate !== linked);
  return linked && !hasLostItsKey(linked, others)
    ? decideKnown(linked, others, record, listing, model, found)
    : decideFound(linked, others, record, listing, model, found, options);
}

/** The item of the record's key first, then the items that have its identifiers, in the order of these. */
function weighCandidates(record: SourceRecord, identifiers: readonly ListedIdentifier[], model: IdentifyingModel, found: Found): Candidate[] {
  const known = record.key === undefined ? undefined : found.keys.get(record.key);
  const linked = known && found.items.get(known.itemId);
  const items = new Set<KnownItem>(linked ? [linked] : []);
  for (const identifier of identifiers) {
    const item = holderOf(found, identifier);
    if (item) items.add(item);
  }
  return [...items].map((item) => weighItem(item, record, identifiers, model, item === linked ? known : undefined));
}

/** The key stands for another thing now, or its thing was gone and the record tells one that lives. */
function hasLostItsKey({ verdict, known, isSure }: Candidate, others: readonly Candidate[]): boolean {
  return verdict === 'another' || (known?.tombstoned === true && !isSure && others.some((other) => other.isSure && other.verdict === 'same'));
}

function decideKnown(
  linked: Candidate,
  others: readonly Candidate[],
  record: SourceRecord,
  { identifiers, leftOut }: Listing,
  model: IdentifyingModel,
  found: Found,
): IdentifyOutcome {
  if (linked.verdict === 'ask') return suspect('key_reused', [linked, ...others.filter(({ isSure }) => isSure)], leftOut);
  const rivals = others.filter(({ verdict, isSure }) => verdict === 'same' || (verdict === 'ask' && isSure));
  if (rivals.length > 0) return suspect('two_items', [linked, ...rivals], leftOut, linked);
  const displaces = linked.item.links.find(
    ({ source, key, seen }) => source === record.source && key === linked.known?.movedTo && seen !== 'gone',
  )?.key;
  return settle(linked, { kind: 'linked', ...(displaces !== undefined && { displaces }) }, record, identifiers, leftOut, model, found);
}

/** `linked` is an item that the record's key does not stand for any more. */
function decideFound(
  linked: Candidate | undefined,
  others: readonly Candidate[],
  record: SourceRecord,
  { identifiers, leftOut }: Listing,
  model: IdentifyingModel,
  found: Found,
  { demandsIdentifier = false }: IdentifyOptions,
): IdentifyOutcome {
  const same = others.filter(({ verdict }) => verdict === 'same');
  const doubtful = others.filter(({ verdict }) => verdict === 'ask');
  const [first] = same;
  if (!first) {
    if (doubtful.length > 0) return suspect('contradicted', doubtful, leftOut);
    return create(linked, others, record, { identifiers, leftOut }, found, demandsIdentifier);
  }
  // A name that a better identifier contradicts is no second opinion when another item agrees by itself: names wander.
  const rivals = [...same.slice(1), ...doubtful.filter(({ isSure }) => isSure)];
  if (rivals.length > 0) return suspect('two_items', [first, ...rivals], leftOut, onlySure([first, ...rivals]));

  const twins = first.item.links.filter(({ source, key }) => source === record.source && record.key !== undefined && key !== record.key);
  // A source that gives its things new keys stops naming the old ones. One that goes on naming both says that they are two; so does one that was
  // asked about before, or that knows under its own key what only shares a name with this record.
  const isTwo = ({ seen }: { seen: string }) => seen === 'now' || (seen === 'before' && (!first.isSure || found.contested.has(record.key ?? '')));
  if (twins.some(isTwo)) return suspect('two_keys', [first], leftOut);
  const [by] = first.for;
  if (!by) throw new Error('An item was found by nothing.');
  const fromKey = twins.find(({ seen }) => seen === 'before')?.key ?? twins[0]?.key;
  const movesLink = movedLink(fromKey, linked);
  return settle(first, { kind: 'matched', by, ...(movesLink && { movesLink }) }, record, identifiers, leftOut, model, found);
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

function suspect(
  why: 'two_items' | 'contradicted' | 'key_reused' | 'two_keys',
  candidates: readonly Candidate[],
  leftOut: readonly LeftOut[],
  appliesTo?: Candidate,
): IdentifyOutcome {
  return { kind: 'duplicate_suspected', why, items: candidates.map(toSuspect), ...(appliesTo && { appliesTo: appliesTo.item.id }), leftOut };
}

function toSuspect({ item, for: agreeing, against }: Candidate): Suspect {
  return { itemId: item.id, for: agreeing, against };
}

type Settled = { kind: 'linked'; displaces?: string } | Pick<Extract<IdentifyOutcome, { kind: 'matched' }>, 'kind' | 'by' | 'movesLink'>;

/** The record is about this item: a more special class is taken over, a more general one says nothing new, one from elsewhere is for a person. */
function settle(
  candidate: Candidate,
  settled: Settled,
  record: SourceRecord,
  identifiers: readonly ListedIdentifier[],
  leftOut: readonly LeftOut[],
  model: IdentifyingModel,
  found: Found,
): IdentifyOutcome {
  const { item } = candidate;
  const told = {
    ...toSuspect(candidate),
    leftOut,
    identifiers: shareOut(identifiers, found, item.id),
    ...(item.retired && { revives: true as const }),
  };
  if (record.class === item.class || model.isA(item.class, record.class)) return { ...told, ...settled };
  if (model.isA(record.class, item.class)) return { ...told, ...settled, specialises: record.class };
  return { ...told, kind: 'class_change_proposed', from: item.class, to: record.class };
}

function create(
  linked: Candidate | undefined,
  others: readonly Candidate[],
  record: SourceRecord,
  { identifiers, leftOut }: Listing,
  found: Found,
  demandsIdentifier: boolean,
): IdentifyOutcome {
  if (identifiers.length === 0) {
    // A dependent's only identity is its name on its host: without the host it would be a "master" or a "C:" that floats about.
    const host = leftOut.find(({ why }) => why === 'host_unknown') ?? leftOut.find(({ why }) => why === 'host_missing');
    if (host?.why === 'host_unknown' || host?.why === 'host_missing') return { kind: 'rejected', reason: host.why, class: record.class, leftOut };
    if (record.key === undefined || demandsIdentifier) return { kind: 'rejected', reason: 'nothing_identifies', class: record.class, leftOut };
  }
  const beside = [...(linked ? [linked] : []), ...others];
  const movesLink = movedLink(undefined, linked);
  return {
    kind: 'created',
    because: beside.length > 0 ? 'another_thing' : 'nothing_found',
    beside: beside.map(toSuspect),
    leftOut,
    identifiers: shareOut(identifiers, found),
    ...(movesLink && { movesLink }),
  };
}

function shareOut(identifiers: readonly ListedIdentifier[], found: Found, itemId?: string): IdentifierFate {
  const claimed: IdentifierFate['claimed'][number][] = [];
  const shared: IdentifierFate['shared'][number][] = [];
  for (const identifier of identifiers) {
    const { scheme, value } = identifier;
    const holder = holderOf(found, identifier);
    if (holder && holder.id !== itemId && !holder.retired) shared.push({ scheme, value, itemId: holder.id });
    else claimed.push({ scheme, value });
  }
  return { claimed, shared };
}
