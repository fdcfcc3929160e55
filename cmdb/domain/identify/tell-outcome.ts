import { type Found, holdersOf, type IdentifyingModel } from './found.ts';
import type { Listing } from './list-identifiers.ts';
import type { IdentifierFate, IdentifyOutcome, MovedLink, Suspect } from './outcome.ts';
import type { SourceRecord } from './record.ts';
import type { Candidate } from './weigh-item.ts';

/** A record with what it can be recognised by, and where that is looked up. */
export interface Situation extends Listing {
  record: SourceRecord;
  model: IdentifyingModel;
  found: Found;
}

/** A question for a person. `appliesTo`: the one candidate that is beyond doubt. */
export function suspect(
  why: Extract<IdentifyOutcome, { kind: 'duplicate_suspected' }>['why'],
  candidates: readonly Candidate[],
  situation: Situation,
  appliesTo?: Candidate,
): IdentifyOutcome {
  const items = candidates.map(toSuspect);
  const { leftOut } = situation;
  if (!appliesTo) return { kind: 'duplicate_suspected', why, items, leftOut };
  const { id } = appliesTo.item;
  return { kind: 'duplicate_suspected', why, items, leftOut, appliesTo: id, identifiers: shareOut(situation, id) };
}

function toSuspect({ item, for: agreeing, against }: Candidate): Suspect {
  return { itemId: item.id, for: agreeing, against };
}

type Settled =
  | Pick<Extract<IdentifyOutcome, { kind: 'linked' }>, 'kind' | 'displaces'>
  | Pick<Extract<IdentifyOutcome, { kind: 'matched' }>, 'kind' | 'by' | 'displaces' | 'movesLink'>;

/** The record is about this item: a more special class is taken over, a more general one says nothing new, one from elsewhere is for a person. */
export function settle(candidate: Candidate, settled: Settled, situation: Situation): IdentifyOutcome {
  const { item } = candidate;
  const { record, model, leftOut } = situation;
  const revives = item.retired && { revives: true as const };
  const told = { ...toSuspect(candidate), leftOut, identifiers: shareOut(situation, item.id), ...revives };
  if (record.class === item.class || model.isA(item.class, record.class)) return { ...told, ...settled };
  if (model.isA(record.class, item.class)) return { ...told, ...settled, specialises: record.class };
  return { ...told, kind: 'class_change_proposed', from: item.class, to: record.class };
}

/**
 * A new item of which nothing would tell later which one it is. A dependent's only identity is its name on its host: without the host it would be one
 * more "master" or "C:" that floats about.
 */
export function refuse({ identifiers, shared, leftOut, record }: Situation, demandsIdentifier: boolean): IdentifyOutcome | undefined {
  if (identifiers.length > 0 || shared.length > 0) return undefined;
  for (const reason of ['host_unknown', 'host_missing'] as const)
    if (leftOut.some(({ why }) => why === reason)) return { kind: 'rejected', reason, class: record.class, leftOut };
  if (record.key !== undefined && !demandsIdentifier) return undefined;
  return { kind: 'rejected', reason: 'nothing_identifies', class: record.class, leftOut };
}

export function create(beside: readonly Candidate[], movesLink: MovedLink | undefined, situation: Situation): IdentifyOutcome {
  return {
    kind: 'created',
    because: beside.length > 0 ? 'another_thing' : 'nothing_found',
    beside: beside.map(toSuspect),
    leftOut: situation.leftOut,
    identifiers: shareOut(situation),
    ...(movesLink && { movesLink }),
  };
}

function shareOut({ identifiers, shared, found }: Situation, itemId?: string): IdentifierFate {
  const all = [...identifiers, ...shared].map(({ scheme, value }) => {
    return {
      scheme,
      value,
      itemIds: holdersOf(found, { scheme, value })
        .filter(({ id, retired }) => id !== itemId && !retired)
        .map(({ id }) => id),
    };
  });
  return {
    claimed: all.filter(({ itemIds }) => itemIds.length === 0).map(({ scheme, value }) => ({ scheme, value })),
    shared: all.filter(({ itemIds }) => itemIds.length > 0),
  };
}
