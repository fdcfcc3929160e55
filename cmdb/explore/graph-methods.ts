import type { GraphService } from '../../generated/opora/cmdb/v1/graph.ts';
import { type DrawingParts, drawGraph } from './draw-graph.ts';
import { causeMethods } from './find-causes.ts';
import { findPaths } from './find-paths.ts';

/** Questions that the records answer, whichever engine the graph is projected to; what is to be drawn of the present comes from memory, where it stands there. */
export function graphMethods(parts: DrawingParts): GraphService {
  return { findPaths: findPaths(parts), drawGraph: drawGraph(parts), ...causeMethods(parts) };
}
