import type { Fan, GroupPlace, Standing } from '../../domain/impact/spread-failure.ts';
import type { CompiledModel } from '../../domain/model/compile-model.ts';
import { phaseOf } from '../../domain/model/lifecycle-attribute.ts';
import type { CurrentModel } from '../../model/models.ts';
import { type Edge, type Graph, type Question, type Reached, walk } from '../graph.ts';
import { type FailureSource, walkImpact, weightsOf } from '../walk-impact.ts';
import type { Adjacency } from './adjacency.ts';
import type { CompactGraph } from './compact-graph.ts';
import { firstOf } from './first-of.ts';
import type { GraphMemory } from './keep-memory.ts';

export interface MemoryGraphParts {
  memory: Pick<GraphMemory, 'fresh'>;
  /** Who answers when the memory cannot. */
  otherwise: Graph;
  currentModel: CurrentModel;
}

type Found<Reach> = Omit<Reached<Reach>, 'servedBy'>;

/** Answers from a graph in memory that holds all that was committed before the question; where there is none, the other one answers and says why. */
export function memoryGraph({ memory, otherwise, currentModel }: MemoryGraphParts): Graph {
  async function reach<Reach>(
    { itemId, at }: Question,
    find: (graph: CompactGraph, start: number, model: CompiledModel) => Promise<Found<Reach>>,
    ask: () => Promise<Reached<Reach>>,
  ): Promise<Reached<Reach>> {
    if (at !== undefined) return { note: 'The graph in memory holds the present only.', ...(await ask()) };
    const [{ graph, note }, model] = await Promise.all([memory.fresh(), currentModel()]);
    if (!graph) return { note, ...(await ask()) };
    const start = graph.items.find(itemId);
    if (start === undefined) return { note: 'The graph in memory does not know this item.', ...(await ask()) };
    return { ...(await find(graph, start, model)), servedBy: 'memory' };
  }

  return {
    neighbours: (question) =>
      reach(
        question,
        (graph) => walk(question, (ids, room) => findSteps(graph, ids, question, room)),
        () => otherwise.neighbours(question),
      ),
    impact: (question) =>
      reach(
        question,
        async (graph, start, model) => {
          const { items } = graph;
          const down = question.down.flatMap((id) => items.find(id) ?? []);
          const asked = { ...question, start, down, weightOf: weightsOf(model), compare: (one: number, other: number) => items.compare(one, other) };
          const { steps, ...rest } = await walkImpact<number>(asked, listFailures(graph, model));
          const ids = new Map<number, string>([[start, question.itemId]]);
          for (const { id } of steps) ids.set(id, items.idOf(id));
          const idOf = (item: number) => ids.get(item) ?? items.idOf(item);
          return {
            steps: steps.map((step) => ({ ...step, id: idOf(step.id), via: { id: idOf(step.via.id), type: step.via.type } })),
            classes: steps.map(({ id }) => items.classOf(id)),
            ...rest,
          };
        },
        () => otherwise.impact(question),
      ),
  };
}

/** For each item one step away the smallest edge that leads there; of more than `room` the items with the smallest ids. */
function findSteps(
  graph: CompactGraph,
  ids: readonly string[],
  { direction, types }: { direction: string; types: readonly string[] },
  room: number,
): Edge[] {
  const { items } = graph;
  const isAsked = graph.markTypes(types);
  const smallest = new Map<number, { from: number; type: string }>();
  const look = (from: number, way: Adjacency) => {
    for (let place = way.first(from); place < way.end(from); place++) {
      const kind = way.types[place] ?? 0;
      if (!isAsked[kind]) continue;
      const [to, type] = [way.others[place] ?? 0, graph.types.at(kind)];
      const known = smallest.get(to);
      const order = known ? items.compare(from, known.from) : -1;
      if (!known || order < 0 || (order === 0 && type < known.type)) smallest.set(to, { from, type });
    }
  };
  for (const id of ids) {
    const item = items.find(id);
    if (item === undefined) continue;
    if (direction !== 'in') look(item, graph.out);
    if (direction !== 'out') look(item, graph.into);
  }
  const nearest = firstOf([...smallest.keys()], room, (one, other) => items.compare(one, other));
  return nearest.flatMap((to) => {
    const edge = smallest.get(to);
    return edge ? { from: items.idOf(edge.from), to: items.idOf(to), type: edge.type } : [];
  });
}

/** What a walk of failure asks, by the numbers of items. */
function listFailures(graph: CompactGraph, model: CompiledModel): FailureSource<number> {
  const { forward, backward } = model.failureTypes;
  const [along, against] = [graph.markTypes(forward), graph.markTypes(backward)];
  return {
    edges: (ids, room) => listFans(graph, ids, along, against, room),
    standings: (ids) => listStandings(graph, ids, model),
    members(places, room) {
      const types = new Set(places.map(({ type }) => type));
      const those = (marks: Uint8Array) => marks.map((mark, kind) => (mark === 1 && types.has(graph.types.at(kind)) ? 1 : 0));
      return listFans(graph, [...new Set(places.map(({ id }: GroupPlace<number>) => id))], those(against), those(along), room);
    },
  };
}

/** The edges away from these items: of the types marked in `along` with relations, of those marked in `against` against them; no more than `room`. */
function listFans({ out, into, types }: CompactGraph, ids: readonly number[], along: Uint8Array, against: Uint8Array, room: number): Fan<number>[] {
  const fans: Fan<number>[] = [];
  let left = room;
  const look = (id: number, way: Adjacency, marks: Uint8Array, own: Map<number, number[]>) => {
    for (let place = way.first(id); place < way.end(id) && left > 0; place++) {
      const kind = way.types[place] ?? 0;
      if (marks[kind] !== 1) continue;
      left--;
      const others = own.get(kind);
      if (others) others.push(way.others[place] ?? 0);
      else own.set(kind, [way.others[place] ?? 0]);
    }
  };
  for (const id of ids) {
    if (left === 0) break;
    const own = new Map<number, number[]>();
    look(id, out, along, own);
    look(id, into, against, own);
    for (const [kind, others] of own) fans.push({ id, type: types.at(kind), others });
  }
  return fans;
}

function listStandings({ items }: CompactGraph, ids: readonly number[], model: CompiledModel): Map<number, Standing> {
  const standings = new Map<number, Standing>();
  for (const id of ids) {
    if (items.isPlain(id)) continue;
    const { class: itemClass, lifecycleState, isRetired, needs = new Map() } = items.known(id);
    const phase = isRetired ? 'retired' : phaseOf(model.classes.get(itemClass), { lifecycleState });
    standings.set(id, { phase, needs });
  }
  return standings;
}
