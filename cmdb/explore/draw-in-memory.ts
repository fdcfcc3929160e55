import type { Held } from '../domain/graph/draw.ts';
import type { Hop } from '../domain/graph/find-paths.ts';
import type { Adjacency } from '../graph/memory/adjacency.ts';
import type { CompactGraph } from '../graph/memory/compact-graph.ts';
import { keepFirst } from '../graph/memory/first-of.ts';
import { type Drawing, type DrawingQuestion, type DrawingSource, drawAround, ofHub } from './draw-around.ts';
import type { Holdings } from './read-holdings.ts';
import { type Ways, waysOf } from './read-hops.ts';

/** A drawing of what is so now, as the records give it, but that relations of hubs are counted whole. Undefined when the graph does not know an item that is asked about. */
export async function drawInMemory(graph: CompactGraph, question: DrawingQuestion): Promise<Drawing | undefined> {
  const items = question.items.flatMap((id) => graph.items.find(id) ?? []);
  if (items.length < question.items.length) return undefined;
  const { nodes, edges, more, cuts } = await drawAround(fromMemory(graph), { ...question, items });
  const ids = new Map([...nodes.keys()].map((item) => [item, graph.items.idOf(item)]));
  const idOf = (item: number) => ids.get(item) ?? '';
  return {
    nodes: new Map([...nodes].map(([item, distance]) => [idOf(item), distance])),
    edges: edges.map(({ from, to, type }) => ({ from: idOf(from), to: idOf(to), type })),
    more: new Map([...more].map(([item, held]) => [idOf(item), held.map((one) => ({ ...one, id: idOf(item) }))])),
    cuts,
  };
}

function fromMemory(graph: CompactGraph): DrawingSource<number> {
  const compare = (one: number, other: number) => graph.items.compare(one, other);
  return {
    compare,
    level(level, { direction, types, perLevel }) {
      const isAsked = graph.markTypes(types);
      return waysOf(direction).flatMap((way) => level.flatMap((item) => listHops(graph, item, way, isAsked, perLevel)));
    },
    holdings: (items, ways) => ({ held: countHeld(graph, items, ways), among: listAmong(graph, items, ways), isCut: false }),
  };

  /** Of an item with more than `most` relations, the first ones of all types together, and those of each type. */
  function listHops({ types }: CompactGraph, from: number, way: Hop['way'], isAsked: Uint8Array, most: number): Hop<number>[] {
    const adjacency = sideOf(graph, way);
    const [first, end] = [adjacency.first(from), adjacency.end(from)];
    const places = end - first > most ? chooseOfHub(adjacency, first, end, isAsked, most + 1) : [];
    if (end - first <= most) for (let place = first; place < end; place++) if (isAsked[adjacency.types[place] ?? 0] === 1) places.push(place);
    return places.map((place) => ({ from, to: adjacency.others[place] ?? 0, type: types.at(adjacency.types[place] ?? 0), way }));
  }

  /** A hub has a hundred thousand relations: they are gone through twice, and only the first ones are kept. */
  function chooseOfHub(adjacency: Adjacency, first: number, end: number, isAsked: Uint8Array, most: number): number[] {
    const byOther = (one: number, other: number) => compare(adjacency.others[one] ?? 0, adjacency.others[other] ?? 0);
    const counts = new Int32Array(graph.types.size);
    for (let place = first; place < end; place++) bump(counts, adjacency.types[place] ?? 0);
    const kinds = [...counts.keys()]
      .filter((kind) => counts[kind] !== 0)
      .sort((one, other) => (graph.types.at(one) < graph.types.at(other) ? -1 : 1));
    const rooms = new Int32Array(counts.length);
    let looked = 0;
    for (const kind of kinds) {
      rooms[kind] = isAsked[kind] === 1 ? Math.max(most - looked, ofHub) : 0;
      looked += counts[kind] ?? 0;
    }
    const chosen = Array.from(counts, (): number[] => []);
    for (let place = first; place < end; place++) {
      const kind = adjacency.types[place] ?? 0;
      const room = rooms[kind] ?? 0;
      if (room > 0) keepFirst(chosen[kind] ?? [], place, room, byOther);
    }
    return kinds.flatMap((kind) => chosen[kind] ?? []);
  }
}

function bump(counts: Int32Array, kind: number): void {
  counts[kind] = (counts[kind] ?? 0) + 1;
}

function sideOf({ out, into }: CompactGraph, way: Hop['way']): Adjacency {
  return way === 'out' ? out : into;
}

function countHeld(graph: CompactGraph, items: readonly number[], { direction, types }: Ways): Held<number>[] {
  const isAsked = graph.markTypes(types);
  const counts = new Int32Array(graph.types.size);
  return waysOf(direction).flatMap((way) =>
    items.flatMap((id) => {
      const adjacency = sideOf(graph, way);
      const met: number[] = [];
      for (let place = adjacency.first(id); place < adjacency.end(id); place++) {
        const kind = adjacency.types[place] ?? 0;
        if (isAsked[kind] !== 1) continue;
        if (counts[kind] === 0) met.push(kind);
        bump(counts, kind);
      }
      return met.map((kind): Held<number> => {
        const count = counts[kind] ?? 0;
        counts[kind] = 0;
        return { id, type: graph.types.at(kind), way, count, atLeast: false };
      });
    }),
  );
}

/** In the order of their ends, as the records give them. */
function listAmong(graph: CompactGraph, items: readonly number[], { types }: Ways): Holdings<number>['among'] {
  const { out } = graph;
  const isAsked = graph.markTypes(types);
  const shown = new Set(items);
  const among: Holdings<number>['among'] = [];
  for (const from of [...items].sort((one, other) => graph.items.compare(one, other))) {
    const own: Holdings<number>['among'] = [];
    for (let place = out.first(from); place < out.end(from); place++) {
      const to = out.others[place] ?? 0;
      if (isAsked[out.types[place] ?? 0] === 1 && shown.has(to)) own.push({ from, to, type: graph.types.at(out.types[place] ?? 0) });
    }
    among.push(...own.sort((one, other) => graph.items.compare(one.to, other.to) || (one.type < other.type ? -1 : 1)));
  }
  return among;
}
