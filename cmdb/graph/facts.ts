import { hash } from 'node:crypto';
import type { Failure } from '../domain/model/model.ts';
import type { ProjectedItem, ProjectedRelation, Ways } from './projection.ts';

/** One thing that both the records and a projection hold, as text that is equal exactly when it is the same. */
export interface Fact {
  /** The item or relation that it is about; empty for a relationship that somebody made by hand. */
  id: string;
  kind: 'item' | 'relation';
  text: string;
  /** Of a relationship: from where to where it goes. */
  ends?: Ends;
}

export interface Ends {
  fromId: string;
  toId: string;
}

export function itemFact({ id, version, class: itemClass, name, source, key, state }: ProjectedItem): Fact {
  return { id, kind: 'item', text: JSON.stringify(['item', id, Number(version), itemClass, name, source, key, state]) };
}

export function relationFact({ id, version, type, fromId, toId, state }: ProjectedRelation): Fact {
  return { id, kind: 'relation', text: `relation ${id} ${Number(version)} ${type} ${fromId} ${toId} ${state}`, ends: { fromId, toId } };
}

/** A way that failure travels along a relation. */
export function wayFact(relationId: string, type: string, fromId: string, toId: string): Fact {
  return { id: relationId, kind: 'relation', text: `way ${relationId} ${type} ${fromId} ${toId}`, ends: { fromId, toId } };
}

/** The ways of a relation as the records say them, each from the item that breaks. */
export function waysOf(relation: ProjectedRelation, { relationTypes }: Ways): Ends[] {
  const failure: Failure = relation.state === 'active' ? (relationTypes.get(relation.type)?.failure ?? 'none') : 'none';
  const { fromId, toId } = relation;
  return [
    ...(failure === 'forward' || failure === 'both' ? [{ fromId, toId }] : []),
    ...(failure === 'backward' || failure === 'both' ? [{ fromId: toId, toId: fromId }] : []),
  ];
}

/** All that is said of one item and of what goes out from it, in whatever order it was read; empty when nothing is. */
export function joinFacts(facts: readonly Fact[] = []): string {
  return facts
    .map(({ text }) => text)
    .sort()
    .join('\n');
}

/** 128 bits; 0 of nothing. */
export function hashText(text: string): bigint {
  if (text === '') return 0n;
  const bytes = hash('sha256', text, 'buffer');
  return bytes.readBigUInt64LE(0) + (bytes.readBigUInt64LE(8) << 64n);
}

/** A sum of hashes, in hexadecimal: sums of parts add up to that of the whole. */
export function addHashes(one: string, other: string): string {
  return toHex(BigInt(`0x${one}`) + BigInt(`0x${other}`));
}

/** The lower 128 bits. */
export function toHex(sum: bigint): string {
  return (sum & ((1n << 128n) - 1n)).toString(16).padStart(32, '0');
}
