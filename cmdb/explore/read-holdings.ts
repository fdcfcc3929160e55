import type { Database } from '../../platform/postgres/database.ts';
import { plannedAnew } from '../../platform/postgres/sql.ts';
import type { Held } from '../domain/graph/draw.ts';
import type { Hop } from '../domain/graph/find-paths.ts';
import { countFirstEdges, type FirstEdges, selectEdgesBetween } from '../graph/select-first-edges.ts';
import { type Ways, waysOf } from './read-hops.ts';

/** Relations of an item on one way up to which it is no hub: all of them are read. */
const ordinary = 200;
/** How far the relations of a type are counted of a hub: the more hubs there are, the less far. */
const caps = [10_000, 5_000, 2_000, 1_000, 500, 200];
/** Relations that may be counted of all hubs together, were each of one type. */
const mostCounted = 40_000;
/** Relations between two hubs that are looked for. */
const mostProbes = 20_000;

interface Counted {
  from: string;
  type: string;
  ended: boolean;
  count: number;
  looked: number;
  among: string | null;
}

type Relation = Pick<Hop, 'from' | 'to' | 'type'>;

export interface Holdings<Id = string> {
  /** How many relations each item has, by type and by the ways that were asked for. */
  held: Held<Id>[];
  /** All relations among the items, in the order of their ends. */
  among: Pick<Hop<Id>, 'from' | 'to' | 'type'>[];
  /** Relations among hubs were left out: there were too many pairs of them. */
  isCut: boolean;
}

/**
 * What these items hold, and how they hang together. Of each item, each way, no more is read than of an ordinary one; a relation is found from whichever of its ends is no
 * hub that way, and one between two hubs by its identity.
 */
export async function readHoldings(database: Database, ids: readonly string[], { direction, types, at }: Ways): Promise<Holdings> {
  const read = async (way: Hop['way']) => {
    const edges = { way, types, most: ordinary + 1, at };
    const rows = await database.query<Counted>(plannedAnew(countFirstEdges(ids, edges, ids)));
    const counted = sumUp(rows, edges);
    return { rows, counted, hubs: [...new Set(counted.filter(({ atLeast }) => atLeast).map(({ id }) => id))] };
  };
  const [out, into] = await Promise.all([read('out'), read('in')]);
  const probes = out.hubs.length * into.hubs.length * types.length;
  const between = probes > 0 && probes <= mostProbes ? database.query<Relation>(selectEdgesBetween(out.hubs, into.hubs, types, at)) : [];
  const asked = waysOf(direction).map((way) => ({ way, ...(way === 'out' ? out : into) }));
  const hubs = asked.reduce((sum, one) => sum + one.hubs.length, 0);
  const most = caps.find((cap) => cap * hubs <= mostCounted) ?? ordinary;
  const held = await Promise.all(
    asked.map(async ({ way, counted, hubs: own }) => {
      const isHub = new Set(own);
      const edges = { way, types, most, ofEachType: true, at };
      const further = own.length > 0 ? sumUp(await database.query<Counted>(countFirstEdges(own, edges)), edges) : [];
      return [...counted.filter(({ id }) => !isHub.has(id)), ...further];
    }),
  );
  const found = [
    ...out.rows.flatMap(({ from, type, among }) => (among?.split(' ') ?? []).map((to) => ({ from, to, type }))),
    ...into.rows.flatMap(({ from: to, type, among }) => (among?.split(' ') ?? []).map((from) => ({ from, to, type }))),
    ...(await between),
  ];
  const among = new Map(found.map((relation) => [`${relation.from} ${relation.to} ${relation.type}`, relation]));
  return {
    held: held.flat().filter(({ count, atLeast }) => count > 0 || atLeast),
    among: [...among].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, relation]) => relation),
    isCut: probes > mostProbes,
  };
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
