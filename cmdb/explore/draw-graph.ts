import type { Cut, DrawGraphRequest, GraphDrawing, GraphEdge, GraphItem } from '../../generated/opora/cmdb/v1/graph.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { chooseLevel, type Held, leaveOutDrawn } from '../domain/graph/draw.ts';
import type { Hop } from '../domain/graph/find-paths.ts';
import { type FirstEdge, selectFirstEdges } from '../graph/select-first-edges.ts';
import { rightsReader } from '../rights/rights.ts';
import { drawInMemory } from './draw-in-memory.ts';
import type { GraphParts } from './graph-methods.ts';
import { nameItems, requireItem } from './name-items.ts';
import { chooseTypes, until } from './question.ts';
import { type Holdings, readHoldings } from './read-holdings.ts';
import { type Ways, waysOf } from './read-hops.ts';

/** Relations between the items of one drawing. */
const mostEdges = 5_000;
/** Neighbours of each type and way that are read of a hub. */
export const ofHub = 20;

export interface DrawingQuestion<Id = string> extends Ways {
  items: readonly Id[];
  /** Steps from the nearest of the items. */
  depth: number;
  /** Most items of one level. */
  perLevel: number;
  /** Most items in all. */
  limit: number;
  /** Until when to go further (`performance.now()`). */
  until: number;
}

export interface Drawing<Id = string> {
  /** Items and their distance, nearest first, then by id. */
  nodes: Map<Id, number>;
  edges: Pick<Hop<Id>, 'from' | 'to' | 'type'>[];
  /** Relations of each item that lead out of the drawing. */
  more: Map<Id, Held<Id>[]>;
  cuts: Cut[];
}

/** What is to be known of a graph to draw it. */
export interface DrawingSource<Id = string> {
  compare(one: Id, other: Id): number;
  /** The hops that lead on from a level: all of an ordinary item, of a hub the first ones of each type. */
  level(items: readonly Id[], question: Omit<DrawingQuestion<Id>, 'items'>): Hop<Id>[] | Promise<Hop<Id>[]>;
  holdings(items: readonly Id[], ways: Ways): Holdings<Id> | Promise<Holdings<Id>>;
}

export function fromRecords(database: Database): DrawingSource {
  return {
    compare: (one, other) => (one === other ? 0 : one < other ? -1 : 1),
    level: (items, question) => readLevel(database, items, question),
    holdings: (items, ways) => readHoldings(database, items, ways),
  };
}

/** The items around some items and ALL relations among them. Of no item more is read than can be drawn: what is left out is counted, as far as counting is quick. */
export async function drawAround<Id>(source: DrawingSource<Id>, question: DrawingQuestion<Id>): Promise<Drawing<Id>> {
  const { items, depth, perLevel, limit } = question;
  const { compare } = source;
  const nodes = new Map([...new Set(items)].sort(compare).map((id) => [id, 0]));
  const cuts: Cut[] = [];
  let level = [...nodes.keys()];
  let walked = 0;
  while (walked < depth && level.length > 0) {
    if (performance.now() > question.until) {
      cuts.push({ by: 'time', message: `The time was over after ${walked} steps.` });
      break;
    }
    walked++;
    level = chooseLevel(await source.level(level, question), nodes, Math.min(perLevel, limit - nodes.size), compare).sort(compare);
    for (const id of level) nodes.set(id, walked);
  }
  const { held, among, isCut } = await source.holdings([...nodes.keys()], question);
  const more = leaveOutDrawn(held, among);
  const leftOut = [...new Set([...more.keys()].map((id) => (nodes.get(id) ?? 0) + 1))].filter((distance) => distance <= walked);
  for (const distance of leftOut.sort()) cuts.push({ by: 'limit', message: `At distance ${distance} there are more items than are drawn.` });
  if (among.length > mostEdges) cuts.push({ by: 'limit', message: `There are more than ${mostEdges} relations among these items.` });
  if (isCut) cuts.push({ by: 'items', message: 'There are too many hubs among these items to look for relations between them.' });
  return { nodes, edges: among.slice(0, mostEdges), more, cuts };
}

async function readLevel(
  database: Database,
  level: readonly string[],
  { direction, types, at, perLevel }: Omit<DrawingQuestion, 'items'>,
): Promise<Hop[]> {
  const most = perLevel + 1;
  const hops = await Promise.all(
    waysOf(direction).map(async (way) => {
      const read = await database.query<FirstEdge>(selectFirstEdges(level, { way, types, most, at }));
      const hubs = findHubs(read, most);
      const ofEachType =
        hubs.length > 0 ? await database.query<FirstEdge>(selectFirstEdges(hubs, { way, types, most: ofHub, ofEachType: true, at })) : [];
      const found = new Map<string, Hop>();
      for (const { from, to, type, fits } of [...read, ...ofEachType]) if (fits) found.set(`${from} ${type} ${to}`, { from, to, type, way });
      return [...found.values()];
    }),
  );
  return hops.flat();
}

/** The items of which as many edges were read as may be. */
function findHubs(read: readonly FirstEdge[], most: number): string[] {
  const counts = new Map<string, number>();
  for (const { from, ended } of read) counts.set(`${from} ${ended}`, (counts.get(`${from} ${ended}`) ?? 0) + 1);
  return [...new Set([...counts].filter(([, count]) => count >= most).map(([key]) => key.split(' ')[0] ?? ''))];
}

/** The drawing with the names of its items; one that the reader may not see has a key of this answer only. */
export function drawGraph({ database, models, memory }: GraphParts) {
  const rightsFor = rightsReader(models.current);

  return async (request: DrawGraphRequest, call: Call): Promise<GraphDrawing> => {
    const { item, depth = 1, direction = 'both', type, asOf, perLevel = 100, limit = 500 } = request;
    if (new Set(item).size > limit)
      throw new AppError('invalid_input', 'The drawing has no room for these items.', {
        violations: [{ pointer: '/limit', message: 'is less than the items that are asked about: give more' }],
      });
    const types = await chooseTypes(models, type);
    const { sight } = await rightsFor(call);
    const by = { sight, model: await models.current(), at: asOf === undefined ? undefined : Date.parse(asOf) };
    const asked = await nameItems(database, item, by);
    for (const id of item) requireItem(asked, id, by.at);
    const question = { items: item, depth, direction, types, at: by.at, perLevel, limit, until: until(call) };
    const graph = by.at === undefined ? (await memory?.fresh())?.graph : undefined;
    const drawing = (graph && (await drawInMemory(graph, question))) ?? (await drawAround(fromRecords(database), question));
    return describe(drawing, await nameItems(database, [...drawing.nodes.keys()], by));
  };
}

function describe({ nodes, edges, more, cuts }: Drawing, items: ReadonlyMap<string, GraphItem>): GraphDrawing {
  const hidden = [...nodes.keys()].filter((id) => !items.has(id));
  const keys = new Map(hidden.map((id, index) => [id, `hidden-${index + 1}`]));
  const keyOf = (id: string) => keys.get(id) ?? id;
  return {
    nodes: [...nodes].map(([id, distance]) => {
      const item = items.get(id);
      if (!item) return { key: keyOf(id), hidden: true, distance, more: [] };
      const beyond = (more.get(id) ?? []).map(({ type, way, count, atLeast }) => ({ type, direction: way, count, atLeast }));
      return { key: id, item, hidden: false, distance, more: beyond };
    }),
    edges: edges.map(({ from, to, type }): GraphEdge => ({ from: keyOf(from), to: keyOf(to), type })),
    hidden: hidden.length,
    cuts,
  };
}
