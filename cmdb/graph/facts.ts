import { createHash } from 'node:crypto';
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
  return { id, kind: 'relation', text: JSON.stringify(['relation', id, Number(version), type, fromId, toId, state]), ends: { fromId, toId } };
}

/** A way that failure travels along a relation. */
export function wayFact(relationId: string, type: string, fromId: string, toId: string): Fact {
  return { id: relationId, kind: 'relation', text: JSON.stringify(['way', relationId, type, fromId, toId]), ends: { fromId, toId } };
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

/** A sum of hashes, so that the order in which things are read makes no difference: sums of parts add up to that of the whole. 128 bits, in hexadecimal. */
export function hashFacts(facts: readonly Fact[]): string {
  let sum = 0n;
  for (const { text } of facts) {
    const hash = createHash('sha256').update(text).digest();
    sum += hash.readBigUInt64LE(0) + (hash.readBigUInt64LE(8) << 64n);
  }
  return toHex(sum);
}

export function addHashes(one: string, other: string): string {
  return toHex(BigInt(`0x${one}`) + BigInt(`0x${other}`));
}

function toHex(sum: bigint): string {
  return (sum & ((1n << 128n) - 1n)).toString(16).padStart(32, '0');
}
