import type { GraphService } from '../../generated/opora/cmdb/v1/graph.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { GraphMemory } from '../graph/memory/keep-memory.ts';
import type { Models } from '../model/models.ts';
import { drawGraph } from './draw-graph.ts';
import { causeMethods } from './find-causes.ts';
import { findPaths } from './find-paths.ts';

export interface GraphParts {
  database: Database;
  models: Pick<Models, 'current' | 'newest'>;
  /** The present graph, where it stands in memory. */
  memory?: Pick<GraphMemory, 'fresh'> | undefined;
}

/** Questions that the records answer, whichever engine the graph is projected to; what is to be drawn of the present comes from memory, where it stands there. */
export function graphMethods(parts: GraphParts): GraphService {
  return { findPaths: findPaths(parts), drawGraph: drawGraph(parts), ...causeMethods(parts) };
}
