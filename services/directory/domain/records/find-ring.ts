/**
 * The first of `changed` that stands above itself, when each stands under its parent of `parentOf`; undefined: it is a tree. `parentOf` has all that stands
 * above them.
 */
export function findRing(parentOf: ReadonlyMap<string, string | undefined>, changed: Iterable<string>): string | undefined {
  for (const start of changed) {
    const seen = new Set<string>();
    for (let above = parentOf.get(start); above !== undefined && !seen.has(above); above = parentOf.get(above)) {
      if (above === start) return start;
      seen.add(above);
    }
  }
  return undefined;
}
