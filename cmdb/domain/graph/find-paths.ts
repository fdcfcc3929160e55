/** A step along a relation (out: from its `from` to its `to`) or against it (in). Who holds items by numbers takes these for ids (`Id`). */
export interface Hop<Id = string> {
  from: Id;
  to: Id;
  type: string;
  way: 'out' | 'in';
}

/** A search level by level from one of the two ends. */
export interface Side {
  /** Items at each distance from the end. */
  levels: string[][];
  /** For each item that was met, all hops that lead to it on shortest ways from the end. */
  hops: Map<string, Hop[]>;
}

export function beginSide(end: string): Side {
  return { levels: [[end]], hops: new Map([[end, []]]) };
}

/** Goes one level further: `edges` are all that lead away from the items of the last level. */
export function takeLevel(side: Side, edges: readonly Hop[]): void {
  const found = new Map<string, Hop[]>();
  for (const hop of edges) {
    if (side.hops.has(hop.to)) continue;
    const hops = found.get(hop.to);
    if (hops) hops.push(hop);
    else found.set(hop.to, [hop]);
  }
  for (const [id, hops] of found) side.hops.set(id, hops);
  side.levels.push([...found.keys()]);
}

/** Where the last levels of both sides meet: in the middle of all shortest paths, when they have not met before. */
export function findMeetings(one: Side, other: Side): string[] {
  const others = new Set(other.levels.at(-1));
  return (one.levels.at(-1) ?? []).filter((id) => others.has(id));
}

/**
 * Paths through the meetings of a side that began at `from` and one that began at the other end, in the order of the ids of their items, then of types and
 * ways: at most `most`, and whether there are more.
 */
export function listPaths(
  from: string,
  [first, second]: readonly [Side, Side],
  meetings: readonly string[],
  most: number,
): { paths: Hop[][]; more: boolean } {
  const onwards = joinSides(first, second, meetings);
  const paths: Hop[][] = [];
  const go = (id: string, path: readonly Hop[]): boolean => {
    const next = onwards.get(id);
    if (!next) return paths.push([...path]) > most;
    return next.some((hop) => go(hop.to, [...path, hop]));
  };
  const more = go(from, []);
  return { paths: paths.slice(0, most), more };
}

/** The hops of all shortest paths, by the item from which they lead on. */
function joinSides(first: Side, second: Side, meetings: readonly string[]): Map<string, Hop[]> {
  const onwards = new Map<string, Hop[]>();
  const keep = (hop: Hop) => {
    const hops = onwards.get(hop.from);
    if (hops) hops.push(hop);
    else onwards.set(hop.from, [hop]);
  };
  for (const hop of walkBack(first, meetings)) keep(hop);
  for (const { from, to, type, way } of walkBack(second, meetings)) keep({ from: to, to: from, type, way: way === 'out' ? 'in' : 'out' });
  for (const hops of onwards.values()) hops.sort(compareHops);
  return onwards;
}

function* walkBack(side: Side, meetings: readonly string[]): Generator<Hop> {
  let level = meetings;
  while (level.length > 0) {
    const hops = level.flatMap((id) => side.hops.get(id) ?? []);
    yield* hops;
    level = [...new Set(hops.map(({ from }) => from))];
  }
}

export function compareHops(one: Hop, other: Hop): number {
  if (one.to !== other.to) return one.to < other.to ? -1 : 1;
  if (one.type !== other.type) return one.type < other.type ? -1 : 1;
  return one.way === other.way ? 0 : one.way < other.way ? -1 : 1;
}
