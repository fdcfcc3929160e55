import type { ImpactStep, Via } from '../domain/impact/spread-failure.ts';

/** Questions about how items hang together. Three adapters (`postgres-graph.ts`, `neo4j-graph.ts`, `memory/memory-graph.ts`), one contract suite (`graph.contract.ts`). */
export interface Graph {
  /** Items within `depth` steps along relations. */
  neighbours(question: NeighboursQuestion): Promise<Reached<Step>>;
  /** What becomes of items if this one fails: within `depth` steps in the direction in which failure travels, with redundancy and phases of life. */
  impact(question: ImpactQuestion): Promise<Reached<ImpactStep>>;
}

export interface Question {
  itemId: string;
  /** Steps from the item, 1 to 6. */
  depth: number;
  /** Most items in the answer. */
  limit: number;
  /** Most time to spend, in milliseconds; what was found by then is the answer. */
  timeout: number;
  /** The moment as of which it is answered, in epoch milliseconds; as things are now when it is not set. */
  at?: number;
}

export interface NeighboursQuestion extends Question {
  /** out: from a relation's `from` to its `to`; in: against that. */
  direction: 'out' | 'in' | 'both';
  /** Types of relations to go along. */
  types: readonly string[];
}

export interface ImpactQuestion extends Question {
  /** Items that are down already, beside those in maintenance. */
  down: readonly string[];
}

/** One item on the way, with the step before it on a shortest way: following `via` leads back to where the question began. */
export interface Step {
  id: string;
  distance: number;
  via: Via;
}

/** What left something out: the limit on items (or on relations between them), or that on time. */
export type CutBy = 'nodes' | 'time';

export interface Reached<Reach> {
  /** Nearest first; never the item that was asked about. */
  steps: Reach[];
  /** Their classes, in the order of the steps, where whoever answered knows them. */
  classes?: readonly string[];
  /** Set when the answer is not whole; then distances are those within the answer. */
  cutBy?: CutBy;
  servedBy: 'records' | 'neo4j' | 'memory';
  /** Why who is quicker, where there is somebody, was not asked. */
  note?: string;
}

/** A way to go one step further: for impact from what breaks to what it breaks. */
export interface Edge {
  from: string;
  to: string;
  type: string;
}

/**
 * Goes from `start` level by level along the edges that `nextEdges` gives for a level's items, until nothing is new, `depth` is reached or a cap is hit.
 * Where two ways of one length lead to an item, the smaller (via, type) is taken, so that an answer is the same each time.
 */
export async function walk(
  { itemId, depth, limit, timeout }: Question,
  nextEdges: (ids: readonly string[], room: number) => readonly Edge[] | Promise<readonly Edge[]>,
): Promise<{ steps: Step[]; cutBy?: CutBy }> {
  const until = performance.now() + timeout;
  const seen = new Set([itemId]);
  const steps: Step[] = [];
  let frontier = [itemId];
  for (let distance = 1; distance <= depth && frontier.length > 0; distance++) {
    if (performance.now() > until) return { steps, cutBy: 'time' };
    const found = new Map<string, Step>();
    for (const { from, to, type } of await nextEdges(frontier, limit + seen.size + 1)) {
      if (seen.has(to)) continue;
      const before = found.get(to)?.via;
      if (!before || from < before.id || (from === before.id && type < before.type)) found.set(to, { id: to, distance, via: { id: from, type } });
    }
    for (const [id, step] of [...found].sort(([one], [other]) => (one < other ? -1 : 1))) {
      if (steps.length === limit) return { steps, cutBy: 'nodes' };
      seen.add(id);
      steps.push(step);
    }
    frontier = [...found.keys()];
  }
  return { steps };
}
