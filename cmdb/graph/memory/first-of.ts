/** The first `most` of some in an order, in that order; more than `most` are never sorted. */
export function firstOf(some: readonly number[], most: number, compare: (one: number, other: number) => number): number[] {
  if (some.length <= most) return [...some].sort(compare);
  const first: number[] = [];
  for (const one of some) keepFirst(first, one, most, compare);
  return first;
}

/** Takes one more among the first `most`, which are in order, if it is one of them. */
export function keepFirst(first: number[], one: number, most: number, compare: (one: number, other: number) => number): void {
  const last = first[most - 1];
  if (last !== undefined && compare(one, last) >= 0) return;
  first.splice(findPlace(first, one, compare), 0, one);
  if (first.length > most) first.pop();
}

function findPlace(sorted: readonly number[], one: number, compare: (one: number, other: number) => number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compare(sorted[middle] ?? 0, one) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}
