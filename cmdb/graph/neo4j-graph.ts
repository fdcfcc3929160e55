import neo4j from 'neo4j-driver';
import type { CurrentModel } from '../model/models.ts';
import { type Edge, type Graph, type Question, type Reached, walk } from './graph.ts';
import { inTransaction, type Space, toRelationshipType, within } from './projection.ts';
import type { ChooseSpace } from './replicas.ts';

/** The relationships to go along, as Cypher writes them between two nodes: `-[:RUNS_ON|PART_OF]->`. */
interface Way {
  arrow: (quantifier: string) => string;
  /** The edges of one step as rows of [from, to, type]. */
  one: string;
}

export interface Neo4jGraphParts {
  /** The projection to ask. */
  choose: ChooseSpace;
  /** Who answers when none can. */
  records: Graph;
  currentModel: CurrentModel;
}

/** Answers from the projection; from the records when it is down, behind, or does not know the item yet, and says so. */
export function neo4jGraph({ choose, records, currentModel }: Neo4jGraphParts): Graph {
  async function reach(question: Question, way: Way, ask: () => Promise<Reached>): Promise<Reached> {
    // The projection does not know who may see what: a walk that leaves items out is the records'.
    if (question.among) return { ...(await ask()), note: 'You may see some items only: the records answer that.' };
    const { space, note: stale } = choose();
    let note = stale ?? '';
    if (space) {
      try {
        const reached = await within(question.timeout, findReached(space, question, way));
        if (reached) return { ...reached, servedBy: 'neo4j' };
        note = 'The projection does not know this item yet.';
      } catch {
        note = 'The projection did not answer in time.';
      }
    }
    return { ...(await ask()), note };
  }

  return {
    async neighbours(question) {
      const { relationTypes } = await currentModel();
      const types = question.types.filter((type) => relationTypes.has(type)).map(toRelationshipType);
      const relationship = `[relation:${types.join('|')}]`;
      const [before, after] = { out: ['-', '->'], in: ['<-', '-'], both: ['-', '-'] }[question.direction] as [string, string];
      const way = {
        arrow: (quantifier: string) => `${before}[:${types.join('|')}]${after}${quantifier}`,
        one: `match (a)${before}${relationship}${after}(b) where b.id in $ids return collect([a.id, b.id, toLower(type(relation))]) as edges`,
      };
      return reach(question, way, () => records.neighbours(question));
    },
    impact(question) {
      const way = {
        arrow: (quantifier: string) => `-[:AFFECTS]->${quantifier}`,
        one: 'match (a)-[relation:AFFECTS]->(b) where b.id in $ids return collect([a.id, b.id, relation.type]) as edges',
      };
      return reach(question, way, () => records.impact(question));
    },
  };
}

/**
 * First who is reached, as one capped `collect` (measured: the quickest form), then the edges between them, along which the walk finds distances and ways.
 * Undefined when the projection does not know the item.
 */
async function findReached(space: Space, question: Question, way: Way): Promise<{ steps: Reached['steps']; truncated: boolean } | undefined> {
  const { itemId, limit, timeout } = question;
  return inTransaction(
    space,
    'READ',
    async (tx) => {
      const found = await tx.run(cypherOfReached(space.label, question.depth, way.arrow), { of: space.label, itemId, cap: neo4j.int(limit + 1) });
      const ids = found.records[0]?.get('ids') as string[] | undefined;
      if (!ids) return undefined;
      const all = [itemId, ...ids];
      const between = await tx.run(`match (a:${space.label}) where a.id in $ids ${way.one}`, { ids: all });
      const edges = new Map(all.map((id): [string, Edge[]] => [id, []]));
      const triples: [string, string, string][] = between.records[0]?.get('edges') ?? [];
      for (const [from, to, type] of triples) edges.get(from)?.push({ from, to, type });
      const { steps, truncated } = await walk(question, async (level) => level.flatMap((id) => edges.get(id) ?? []));
      return { steps, truncated: truncated || ids.length > limit };
    },
    timeout,
  );
}

/** Its plan must say `VarLengthExpand(Pruning,BFS…)`: a test asks. */
export function cypherOfReached(label: string, depth: number, arrow: (quantifier: string) => string): string {
  return `match (projection:Projection {of: $of}) where projection.complete
    match (start:${label} {id: $itemId}) where start.version is not null
    call (start) {
      match (start)${arrow(`{1,${depth}}`)}(reached:${label})
      with distinct reached where reached.id <> $itemId
      limit $cap
      return collect(reached.id) as ids
    }
    return ids`;
}
