import type { Database } from '../../platform/postgres/database.ts';
import type { Held } from '../domain/graph/draw.ts';
import type { Hop } from '../domain/graph/find-paths.ts';
import { countFirstEdges, type FirstEdges } from '../graph/select-first-edges.ts';
import type { Ways } from './read-hops.ts';

/** Relations of an item on one way up to which it is no hub: all of them are counted in one go. */
const ordinary = 200;
/** How far the relations of a type are counted of a hub: the more hubs there are, the less far. */
const caps = [10_000, 5_000, 2_000, 1_000, 500, 200];
/** Relations that may be counted of all hubs together, were each of one type. */
const mostCounted = 40_000;

interface Counted {
  from: string;
  type: string;
  ended: boolean;
  count: number;
  looked: number;
}

export const waysOf = (direction: Ways['direction']): Hop['way'][] => (direction === 'both' ? ['out', 'in'] : [direction]);

/** How many relations each of these items has, by type and way. */
export async function countHeld(database: Database, ids: readonly string[], { direction, types, at }: Ways): Promise<Held[]> {
  const count = async (of: readonly string[], edges: FirstEdges) =>
    of.length > 0 ? sumUp(await database.query<Counted>(countFirstEdges(of, edges)), edges) : [];
  const first = await Promise.all(waysOf(direction).map(async (way) => ({ way, counted: await count(ids, { way, types, most: ordinary + 1, at }) })));
  const hubsOf = (counted: readonly Held[]) => [...new Set(counted.filter(({ atLeast }) => atLeast).map(({ id }) => id))];
  const all = first.map(({ way, counted }) => ({ way, counted, hubs: hubsOf(counted) }));
  const hubs = all.reduce((sum, one) => sum + one.hubs.length, 0);
  const most = caps.find((cap) => cap * hubs <= mostCounted) ?? ordinary;
  const held = await Promise.all(
    all.map(async ({ way, counted, hubs: own }) => {
      const isHub = new Set(own);
      return [...counted.filter(({ id }) => !isHub.has(id)), ...(await count(own, { way, types, most, ofEachType: true, at }))];
    }),
  );
  return held.flat();
}

/** One count for each item and type. Where as many were read as may be, there may be more: of the type where each is read by itself, else of all that the item has. */
function sumUp(rows: readonly Counted[], { way, most, ofEachType = false }: FirstEdges): Held[] {
  const looked = new Map<string, number>();
  const keyOf = ({ from, type, ended }: Counted) => (ofEachType && !ended ? `${from} ${type}` : `${from} ${ended}`);
  for (const row of rows) looked.set(keyOf(row), (looked.get(keyOf(row)) ?? 0) + row.looked);
  const held = new Map<string, Held>();
  for (const row of rows) {
    const { from: id, type, count } = row;
    const before = held.get(`${id} ${type}`);
    const atLeast = (looked.get(keyOf(row)) ?? 0) >= most || (before?.atLeast ?? false);
    held.set(`${id} ${type}`, { id, type, way, count: count + (before?.count ?? 0), atLeast });
  }
  return [...held.values()];
}
