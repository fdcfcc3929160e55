import type { Cut } from '../../generated/opora/cmdb/v1/graph.ts';
import { chooseLevel, type Held, leaveOutDrawn } from '../domain/graph/draw.ts';
import type { Hop } from '../domain/graph/find-paths.ts';
import type { Holdings } from './read-holdings.ts';
import type { Ways } from './read-hops.ts';

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
