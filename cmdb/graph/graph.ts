import type { Statement } from '../../platform/postgres/sql.ts';

/** Questions about how items hang together. Two adapters (`postgres-graph.ts`, `neo4j-graph.ts`), one contract suite (`graph.contract.ts`). */
export interface Graph {
  /** Items within `depth` steps along relations. */
  neighbours(question: NeighboursQuestion): Promise<Reached>;
  /** Items that break if this one does: within `depth` steps in the direction in which failure travels. */
  impact(question: Question): Promise<Reached>;
}

export interface Question {
  itemId: string;
  /** Steps from the item, 1 to 6. */
  depth: number;
  /** Most items in the answer. */
  limit: number;
  /** Most time to spend, in milliseconds; what was found by then is the answer. */
  timeout: number;
  /** The only items on any way, as a condition on the alias that `item` has in a query: who may not see an item reaches nothing through it. All when it is not set. */
  among?: (alias: string) => Statement;
}

export interface NeighboursQuestion extends Question {
  /** out: from a relation's `from` to its `to`; in: against that. */
  direction: 'out' | 'in' | 'both';
  /** Types of relations to go along. */
  types: readonly string[];
}

/** One item on the way, with the step before it on a shortest way: following `via` leads back to where the question began. */
export interface Step {
  id: string;
  distance: number;
  via: { id: string; type: string };
}

export interface Reached {
  /** Nearest first; never the item that was asked about. */
  steps: Step[];
  /** True when the limit on items or time left something out; then distances are those within the answer. */
  truncated: boolean;
  servedBy: 'records' | 'neo4j';
  /** Why the projection was not asked, where there is one. */
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
  nextEdges: (ids: readonly string[], room: number) => Promise<readonly Edge[]>,
): Promise<{ steps: Step[]; truncated: boolean }> {
  const until = performance.now() + timeout;
  const seen = new Set([itemId]);
  const steps: Step[] = [];
  let frontier = [itemId];
  for (let distance = 1; distance <= depth && frontier.length > 0; distance++) {
    if (performance.now() > until) return { steps, truncated: true };
    const found = new Map<string, Step>();
    for (const { from, to, type } of await nextEdges(frontier, limit + seen.size + 1)) {
      if (seen.has(to)) continue;
      const before = found.get(to)?.via;
      if (!before || from < before.id || (from === before.id && type < before.type)) found.set(to, { id: to, distance, via: { id: from, type } });
    }
    for (const [id, step] of [...found].sort(([one], [other]) => (one < other ? -1 : 1))) {
      if (steps.length === limit) return { steps, truncated: true };
      seen.add(id);
      steps.push(step);
    }
    frontier = [...found.keys()];
  }
  return { steps, truncated: false };
}
