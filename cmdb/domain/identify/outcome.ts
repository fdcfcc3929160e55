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

/** What becomes of the identifiers that a record says. */
export interface IdentifierFate {
  /** They are the item's. */
  claimed: readonly Identifier[];
  /** Another item has them, and they are no proof that it is the same one: from now on they tell nothing, until one of the two gives them up. */
  shared: readonly (Identifier & { itemId: string })[];
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

export type IdentifyOutcome =
  /** Known by its native id. `displaces`: another key of the source had taken its place; a person must say what that one is. */
  | (Told & { kind: 'linked'; displaces?: string })
  | (Told & { kind: 'matched'; by: Evidence; movesLink?: MovedLink })
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
      leftOut: readonly LeftOut[];
    }
  | (Told & { kind: 'class_change_proposed'; from: string; to: string })
  | {
      kind: 'rejected';
      /** `host_unknown` may be tried again when the host has come. */
      reason: 'class_unknown' | 'class_abstract' | 'nothing_identifies' | 'host_missing' | 'host_unknown';
      class: string;
      leftOut: readonly LeftOut[];
    };
