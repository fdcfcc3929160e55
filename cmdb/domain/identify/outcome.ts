import type { Identifier, LeftOut } from './list-identifiers.ts';

/** What two sides say under one scheme. The native id has the scheme `native_id`; a name that is no identifier of its class has `name`. */
export interface Evidence {
  scheme: string;
  /** Of the record. */
  value: string;
  /** Of the item, where it differs. */
  theirs?: readonly string[];
}

/** An item that a record may be about, and what speaks for and against it. */
export interface Suspect {
  itemId: string;
  for: readonly Evidence[];
  against: readonly Evidence[];
}

/** What becomes of the identifiers that a record says. Both kinds are the item's from now on: see `assignIdentifiers`. */
export interface IdentifierFate {
  /** The item's alone. */
  claimed: readonly Identifier[];
  /** Another item has them too, and they are no proof that it is the same one: they tell nothing until one of the two gives them up. */
  shared: readonly (Identifier & { itemIds: readonly string[] })[];
}

interface Told extends Suspect {
  /** Less than was hoped for: entries of the class that could not be used. */
  leftOut: readonly LeftOut[];
  identifiers: IdentifierFate;
  /** The record's class, which is a more special one than the item's and takes its place. */
  specialises?: string;
  /** The item was retired and lives again. */
  revives?: true;
}

/** The key of the record takes the place of another key of its source, or leaves the item that it stood for. */
export interface MovedLink {
  fromKey?: string;
  fromItem?: string;
}

/**
 * `displaces`: a key of the same source that must leave the item that it stands for, because this one has the older right to what both say; it is to be
 * decided again. An item that is left without a key was never there.
 */
export type IdentifyOutcome =
  /** Known by its native id. */
  | (Told & { kind: 'linked'; displaces?: string })
  | (Told & { kind: 'matched'; by: Evidence; displaces?: string; movesLink?: MovedLink })
  | {
      kind: 'created';
      /** `nothing_found`, or what was found is another thing: `beside` says which items and why. */
      because: 'nothing_found' | 'another_thing';
      beside: readonly Suspect[];
      leftOut: readonly LeftOut[];
      identifiers: IdentifierFate;
      movesLink?: MovedLink;
    }
  | {
      kind: 'duplicate_suspected';
      /**
       * `two_items`: the record points to several; `contradicted`: a better identifier is there on both sides and differs; `key_reused`: the source's own
       * key leads to an item of which nothing else agrees; `two_keys`: the source tells apart under two keys what its identifiers say is one.
       */
      why: 'two_items' | 'contradicted' | 'key_reused' | 'two_keys';
      items: readonly Suspect[];
      /** The item that the record is about beyond doubt: it is written there, and the question is only what the others are. */
      appliesTo?: string;
      /** There when `appliesTo` is. What is in dispute is shared from now on, so the question is asked once and has to be kept. */
      identifiers?: IdentifierFate;
      leftOut: readonly LeftOut[];
    }
  | (Told & { kind: 'class_change_proposed'; from: string; to: string })
  /** Of a snapshot: it can be decided when the source has named these keys, or has ended without. */
  | { kind: 'postponed'; waitsFor: readonly string[]; leftOut: readonly LeftOut[] }
  | {
      kind: 'rejected';
      /** `host_unknown` may be tried again when the host has come. */
      reason: 'class_unknown' | 'class_abstract' | 'nothing_identifies' | 'host_missing' | 'host_unknown';
      class: string;
      leftOut: readonly LeftOut[];
    };
