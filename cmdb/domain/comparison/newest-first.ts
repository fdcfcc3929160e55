/** Where an entry stands in a comparison: the latest change first, of one moment items before relations, each by id. */
export interface Placed {
  kind: 'item' | 'relation';
  id: string;
  /** Epoch milliseconds. */
  at: number;
}

/** The order of a comparison. */
export function byNewest(one: Placed, other: Placed): number {
  if (one.at !== other.at) return other.at - one.at;
  if (one.kind !== other.kind) return one.kind === 'item' ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}
