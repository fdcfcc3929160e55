export const findingKinds = ['incomplete', 'stale', 'orphan', 'duplicate', 'disposed', 'unauthorised', 'unowned'] as const;
export type FindingKind = (typeof findingKinds)[number];

/** Of how many items something is found, and the sum of their completeness. */
export type HealthCounts = Readonly<Record<FindingKind, number>> & { items: number; completeness: number };

/** 0 to 100, to a tenth: the mean of completeness and of the shares of items of which nothing is found, but `incomplete`, which completeness tells already. Nothing is perfect. */
export function scoreHealth({ items, completeness, ...counts }: HealthCounts): number {
  if (items === 0) return 100;
  const shares = [completeness / items, ...findingKinds.filter((kind) => kind !== 'incomplete').map((kind) => 1 - counts[kind] / items)];
  return Math.round((1000 * shares.reduce((sum, share) => sum + share, 0)) / shares.length) / 10;
}
