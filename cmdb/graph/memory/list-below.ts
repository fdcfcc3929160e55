import type { CompiledModel } from '../../domain/model/compile-model.ts';
import type { Adjacency } from './adjacency.ts';
import type { CompactGraph } from './compact-graph.ts';
import { firstOf } from './first-of.ts';

/**
 * An item and all that it depends on, against the direction in which failure travels: nearest first, of one distance by id, no more than `most`; `truncated` when there are more.
 * Undefined when the graph does not know the item.
 */
export function listBelow(
  graph: CompactGraph,
  id: string,
  { forward, backward }: CompiledModel['failureTypes'],
  most: number,
): { itemIds: string[]; truncated: boolean } | undefined {
  const { items, out, into } = graph;
  const start = items.find(id);
  if (start === undefined) return undefined;
  const [along, against] = [graph.markTypes(backward), graph.markTypes(forward)];
  const seen = new Set([start]);
  const compare = (one: number, other: number) => items.compare(one, other);
  const end = (truncated: boolean) => ({ itemIds: [...seen].map((item) => items.idOf(item)), truncated });
  for (let level = [start]; level.length > 0; ) {
    const found = new Set<number>();
    const look = (item: number, way: Adjacency, marks: Uint8Array) => {
      for (let place = way.first(item); place < way.end(item); place++) {
        const other = way.others[place] ?? 0;
        if (marks[way.types[place] ?? 0] === 1 && !seen.has(other)) found.add(other);
      }
    };
    for (const item of level) {
      look(item, out, along);
      look(item, into, against);
    }
    const room = most - seen.size;
    level = firstOf([...found], room, compare);
    for (const item of level) seen.add(item);
    if (found.size > room) return end(true);
  }
  return end(false);
}
