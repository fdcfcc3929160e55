import type { DrawGraphRequest, GraphDrawing, GraphEdge, GraphItem } from '../../generated/opora/cmdb/v1/graph.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { Call } from '../../platform/rpc/call.ts';
import type { Hop } from '../domain/graph/find-paths.ts';
import type { GraphMemory } from '../graph/memory/keep-memory.ts';
import { type FirstEdge, selectFirstEdges } from '../graph/select-first-edges.ts';
import type { Models } from '../model/models.ts';
import { rightsReader } from '../rights/rights.ts';
import { type Drawing, type DrawingQuestion, type DrawingSource, drawAround, ofHub } from './draw-around.ts';
import { drawInMemory } from './draw-in-memory.ts';
import { nameItems, requireItem } from './name-items.ts';
import { chooseTypes, until } from './question.ts';
import { readHoldings } from './read-holdings.ts';
import { waysOf } from './read-hops.ts';

export interface DrawingParts {
  database: Database;
  models: Pick<Models, 'current' | 'newest'>;
  /** The present graph, where it stands in memory. */
  memory?: Pick<GraphMemory, 'fresh'> | undefined;
}

/** The records as a source of drawings. */
export function fromRecords(database: Database): DrawingSource {
  return {
    compare: (one, other) => (one === other ? 0 : one < other ? -1 : 1),
    level: (items, question) => readLevel(database, items, question),
    holdings: (items, ways) => readHoldings(database, items, ways),
  };
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
export function drawGraph({ database, models, memory }: DrawingParts) {
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
