import type { Hop } from './find-paths.ts';

/** How many relations of a type an item has on one way, as far as they were counted. */
export interface Held<Id = string> {
  id: Id;
  type: string;
  way: Hop['way'];
  count: number;
  /** There may be more. */
  atLeast: boolean;
}

/**
 * The items of the next level, at most `room`. Each item of the last level has its first neighbour of each type and way drawn before any has
 * a second one, so that a hub leaves room for the others.
 */
export function chooseLevel<Id>(
  hops: readonly Hop<Id>[],
  shown: ReadonlyMap<Id, number>,
  room: number,
  compare: (one: Id, other: Id) => number,
): Id[] {
  const sorted = [...hops].sort((one, other) => compare(one.to, other.to));
  const places = new Map<string, number>();
  const ranks = new Map<Id, number>();
  for (const { from, to, type, way } of sorted) {
    if (shown.has(to)) continue;
    const group = `${from} ${way} ${type}`;
    const place = places.get(group) ?? 0;
    places.set(group, place + 1);
    ranks.set(to, Math.min(place, ranks.get(to) ?? place));
  }
  // Sorting keeps the order of ids among those of one rank.
  const ids = [...ranks].sort(([, one], [, other]) => one - other).map(([id]) => id);
  return ids.slice(0, room);
}

/** What each item has besides what is drawn, by its id: its relations, less those whose two ends are shown. */
export function leaveOutDrawn<Id>(held: readonly Held<Id>[], drawn: readonly Pick<Hop<Id>, 'from' | 'to' | 'type'>[]): Map<Id, Held<Id>[]> {
  const counts = new Map<string, number>();
  const add = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { from, to, type } of drawn) {
    add(`${from} out ${type}`);
    add(`${to} in ${type}`);
  }
  const left = new Map<Id, Held<Id>[]>();
  const inOrder = [...held].sort((one, other) => (`${one.way} ${one.type}` < `${other.way} ${other.type}` ? -1 : 1));
  for (const one of inOrder) {
    const count = Math.max(0, one.count - (counts.get(`${one.id} ${one.way} ${one.type}`) ?? 0));
    if (count > 0 || one.atLeast) left.set(one.id, [...(left.get(one.id) ?? []), { ...one, count }]);
  }
  return left;
}
