import type { Attributes } from '../domain/attributes.ts';
import type { Identifier } from '../domain/identify/list-identifiers.ts';
import { type Said, toFields } from '../domain/identify/said.ts';

/** What a source said last under one of its keys, as it was taken in. */
export interface SaidRecord {
  class: string;
  /** A person's word on an item need not name it. */
  name?: string;
  attributes: Attributes;
  lookups: readonly string[];
  /** By what the item can be recognised as this record tells it. */
  identifiers: readonly Identifier[];
}

/** A key of a source, and the item that it stands for. */
export interface Link {
  source: string;
  key: string;
  itemId: string;
  hash: Buffer;
  said: SaidRecord;
  /** A part of what it says is a question for a person. */
  contested: boolean;
  /** Epoch milliseconds, like all that follow. */
  recheckAt?: number;
  saidAt: number;
  missingSince?: number;
  goneAt?: number;
  /** The key of the same source that took its place. */
  movedTo?: string;
  /** 0: not stored yet. */
  revision: number;
  seq?: number;
  /** When the source last spoke of everything that it knows. */
  heardAt?: number;
  /** The run under way has named it. */
  seen?: boolean;
}

/** Whether its word counts: it is not a tombstone, nor has another key taken its place. */
export function speaks({ goneAt, movedTo }: Pick<Link, 'goneAt' | 'movedTo'>): boolean {
  return goneAt === undefined && movedTo === undefined;
}

/** What rules know of it. What a source goes on naming, it says anew with each of its snapshots. */
export function toSaid({ source, key, said, saidAt, missingSince, heardAt = 0 }: Link): Said {
  return {
    source,
    key,
    at: missingSince === undefined ? Math.max(saidAt, heardAt) : saidAt,
    fields: toFields({ attributes: said.attributes, name: said.name }),
    lookups: said.lookups,
    identifiers: said.identifiers,
  };
}
