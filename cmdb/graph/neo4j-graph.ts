import neo4j, { type Transaction } from 'neo4j-driver';
import type { Database } from '../../platform/postgres/database.ts';
import type { Fan } from '../domain/impact/spread-failure.ts';
import type { CurrentModel } from '../model/models.ts';
import { type Edge, type Graph, type Question, type Reached, walk } from './graph.ts';
import { inTransaction, type Space, toRelationshipType, within } from './projection.ts';
import { readFailures } from './read-failures.ts';
import type { ChooseSpace } from './replicas.ts';
import { walkImpact, weightsOf } from './walk-impact.ts';

/** The relationships to go along, as Cypher writes them between two nodes: `-[:RUNS_ON|PART_OF]->`. */
interface Way {
  arrow: (quantifier: string) => string;
  /** The edges of one step as rows of [from, to, type]. */
  one: string;
}

export interface Neo4jGraphParts {
  /** The standing of items, which is not projected. */
  database: Database;
  /** The projection to ask. */
  choose: ChooseSpace;
  /** Who answers when none can. */
  records: Graph;
  currentModel: CurrentModel;
}

type Found<Reach> = Omit<Reached<Reach>, 'servedBy'>;

/** Answers from the projection; from the records when it is down, behind, or does not know the item yet, and says so. */
export function neo4jGraph({ choose, database, records, currentModel }: Neo4jGraphParts): Graph {
  /** `find` gives the reason when the projection cannot tell. */
  async function reach<Reach>({ at, timeout }: Question, find: (space: Space) => Promise<Found<Reach> | string>, ask: () => Promise<Reached<Reach>>) {
    if (at !== undefined) return { ...(await ask()), note: 'The projection holds the present only.' };
    const { space, note = '' } = choose();
    if (!space) return { ...(await ask()), note };
    const found = await within(timeout, find(space)).catch(() => 'The projection did not answer in time.');
    return typeof found === 'string' ? { ...(await ask()), note: found } : { ...found, servedBy: 'neo4j' as const };
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
      const find = (space: Space) =>
        findEdges(space, question, way, async ({ edges, isCut }) => {
          const reached = await walk(question, async (level) => level.flatMap((id) => edges.get(id) ?? []));
          return { ...reached, ...(isCut && { cutBy: 'nodes' as const }) };
        });
      return reach(question, find, () => records.neighbours(question));
    },
    async impact(question) {
      const model = await currentModel();
      const standing = readFailures(database, model);
      const find = (space: Space) =>
        findEdges(space, question, affects, async ({ edges, isCut }) => {
          if (isCut) return 'More is reached than one answer may hold, before redundancy is looked at: the records answer that.';
          const asked = { ...question, start: question.itemId, weightOf: weightsOf(model) };
          return walkImpact(asked, { ...standing, edges: (level) => level.flatMap((id) => toFans(edges.get(id) ?? [])) });
        });
      return reach(question, find, () => records.impact(question));
    },
  };
}

const affects: Way = {
  arrow: (quantifier) => `-[:AFFECTS]->${quantifier}`,
  one: 'match (a)-[relation:AFFECTS]->(b) where b.id in $ids return collect([a.id, b.id, relation.type]) as edges',
};

function toFans(edges: readonly Edge[]): Fan[] {
  return edges.map(({ from, to, type }) => ({ id: from, type, others: [to] }));
}

interface Around {
  /** By the item from which they lead away. */
  edges: ReadonlyMap<string, readonly Edge[]>;
  /** Not all who are reached are there. */
  isCut: boolean;
}

/** First who is reached, as one capped `collect` (measured: the quickest form), then the edges between them, along which `walk` finds distances and ways. */
async function findEdges<Reach>(
  space: Space,
  { itemId, depth, limit, timeout }: Question,
  way: Way,
  walkAlong: (around: Around) => Promise<Found<Reach> | string>,
): Promise<Found<Reach> | string> {
  const read = async (tx: Transaction): Promise<Around | undefined> => {
    const found = await tx.run(cypherOfReached(space.label, depth, way.arrow), { of: space.label, itemId, cap: neo4j.int(limit + 1) });
    const ids = found.records[0]?.get('ids') as string[] | undefined;
    if (!ids) return undefined;
    const all = [itemId, ...ids];
    const between = await tx.run(`match (a:${space.label}) where a.id in $ids ${way.one}`, { ids: all });
    const edges = new Map(all.map((id): [string, Edge[]] => [id, []]));
    const triples: [string, string, string][] = between.records[0]?.get('edges') ?? [];
    for (const [from, to, type] of triples) edges.get(from)?.push({ from, to, type });
    return { edges, isCut: ids.length > limit };
  };
  const around = await inTransaction(space, 'READ', read, timeout);
  return around ? walkAlong(around) : 'The projection does not know this item yet.';
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
