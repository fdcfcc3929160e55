import neo4j from 'neo4j-driver';
import type { Database } from '../../platform/postgres/database.ts';
import type { Fan } from '../domain/impact/spread-failure.ts';
import type { CurrentModel } from '../model/models.ts';
import { type Edge, type Graph, type Question, type Reached, walk } from './graph.ts';
import { type Space, toRelationshipType, within } from './projection.ts';
import { readFailures } from './read-failures.ts';
import type { ChooseSpace } from './replicas.ts';
import { walkImpact, weightsOf } from './walk-impact.ts';

/** The relationships to go along. */
export interface Way {
  /** As Cypher writes them between two nodes, of which each step goes from the left to the right: `-[relation:RUNS_ON|PART_OF]->`. */
  arrow: string;
  /** The type of `relation`, as the model calls it. */
  type: string;
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
      const [before, after] = { out: ['-', '->'], in: ['<-', '-'], both: ['-', '-'] }[question.direction] as [string, string];
      const way = { arrow: `${before}[relation:${types.join('|')}]${after}`, type: 'toLower(type(relation))' };
      const find = async (space: Space) => {
        const around = await readAround(space, question, way, 'edges of a part');
        if (typeof around === 'string') return around;
        const reached = await walk(question, (level) => level.flatMap((id) => around.edges.get(id) ?? []));
        return { ...(around.isCut && { cutBy: 'nodes' as const }), ...reached };
      };
      return reach(question, find, () => records.neighbours(question));
    },
    async impact(question) {
      const model = await currentModel();
      const standing = readFailures(database, model);
      const find = async (space: Space) => {
        const around = await readAround(space, question, affects, 'edges of the whole');
        if (typeof around === 'string') return around;
        if (around.isCut) return 'More is reached than one answer may hold, before redundancy is looked at: the records answer that.';
        const edges = (level: readonly string[]) => level.flatMap((id) => toFans(around.edges.get(id) ?? []));
        // Asked once for all that is reached, and not level by level; only members of groups are still to be asked about.
        const reached = new Set([...around.edges.values()].flatMap((out) => out.map(({ to }) => to)));
        const known = await standing.standings([...reached]);
        const standings = (ids: readonly string[]) => (ids.every((id) => reached.has(id)) ? known : standing.standings(ids));
        return walkImpact({ ...question, start: question.itemId, weightOf: weightsOf(model) }, { ...standing, edges, standings });
      };
      return reach(question, find, () => records.impact(question));
    },
  };
}

/** Failure travels along one type. */
export const affects: Way = { arrow: '-[relation:AFFECTS]->', type: 'relation.type' };

function toFans(edges: readonly Edge[]): Fan[] {
  return edges.map(({ from, to, type }) => ({ id: from, type, others: [to] }));
}

interface Around {
  /** By the item from which they lead away. */
  edges: ReadonlyMap<string, readonly Edge[]>;
  /** Not all who are reached are there. */
  isCut: boolean;
}

/** Who is reached and the edges between them, along which `walk` finds distances and ways, in one statement: ids are not sent back to be looked up again. */
async function readAround(
  { driver, label }: Space,
  { itemId, depth, limit, timeout }: Question,
  way: Way,
  wanted: 'edges of the whole' | 'edges of a part',
): Promise<Around | string> {
  const session = driver.session({ defaultAccessMode: 'READ' });
  try {
    const parameters = { of: label, itemId, cap: neo4j.int(limit + 1), evenOfPart: wanted === 'edges of a part' };
    // No time at all would mean any time to Neo4j.
    const { records } = await session.run(cypherOfAround(label, depth, way), parameters, { timeout: Math.max(1, timeout) });
    const [record] = records;
    if (!record) return 'The projection does not know this item yet.';
    const ways: [from: string, out: [to: string, type: string][]][] = record.get('edges');
    const edges = new Map(ways.map(([from, out]) => [from, out.map(([to, type]): Edge => ({ from, to, type }))]));
    return { edges, isCut: record.get('count') > limit };
  } finally {
    await session.close();
  }
}

/** One row, or none when the item is not known. Its plan must say `VarLengthExpand(Pruning,BFS…)`: a test asks. */
export function cypherOfAround(label: string, depth: number, { arrow, type }: Way): string {
  return `match (projection:Projection {of: $of}) where projection.complete
    match (start:${label} {id: $itemId}) where start.version is not null
    call (start) {
      match (start)${arrow.replace('relation', '')}{1,${depth}}(reached:${label})
      with distinct reached where reached.id <> $itemId
      limit $cap
      return collect(reached) as nodes
    }
    call (start, nodes) {
      unwind case when $evenOfPart or size(nodes) < $cap then [start] + nodes else [] end as a
      match (a)${arrow}(b) where b in nodes
      with a, collect([b.id, ${type}]) as out
      return collect([a.id, out]) as edges
    }
    return size(nodes) as count, edges`;
}
