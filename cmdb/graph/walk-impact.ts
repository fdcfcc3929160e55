import { FailureSpread, type Fan, type GroupPlace, type ImpactStep, type Standing } from '../domain/impact/spread-failure.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import type { CutBy, ImpactQuestion } from './graph.ts';

/** What a walk of failure asks, a level at a time. */
export interface FailureSource {
  /** Edges away from these items along which failure travels; no more than `room`. */
  edges(ids: readonly string[], room: number): Promise<readonly Fan[]>;
  /** Those of these items that are not simply in use, or that need only some of those that they depend on. */
  standings(ids: readonly string[]): Promise<ReadonlyMap<string, Standing>>;
  /** On which items these depend by these types; no more than `room` edges. */
  members(places: readonly GroupPlace[], room: number): Promise<readonly Fan[]>;
}

/** Goes level by level from the item until nothing more breaks, `depth` is reached or a cap is hit. */
export async function walkImpact(
  { itemId, depth, limit, timeout, down }: ImpactQuestion,
  source: FailureSource,
  weightOf: (type: string) => number,
): Promise<{ steps: ImpactStep[]; cutBy?: CutBy }> {
  const until = performance.now() + timeout;
  const spread = new FailureSpread({ start: itemId, down: new Set(down), weightOf });
  const learn = async (fans: readonly Fan[]) => {
    const unknown = spread.unknownOf(fans);
    if (unknown.length > 0) spread.learn(unknown, await source.standings(unknown));
  };
  const end = (cutBy?: CutBy) => ({ steps: spread.steps(), ...(cutBy && { cutBy }) });

  for (let distance = 1; distance <= depth && spread.frontier.length > 0; distance++) {
    if (performance.now() > until) return end('time');
    // Of one item nearly every edge leads to another item; of many, many lead to the same.
    const room = spread.frontier.length === 1 ? limit + 1 : 2 * limit + 1;
    const fans = await source.edges(spread.frontier, room);
    await learn(fans);
    const places = spread.unknownGroupsOf(fans);
    if (places.length > 0) {
      const members = await source.members(places, 2 * limit + 1);
      if (countEdges(members) > 2 * limit) return end('nodes');
      await learn(members);
      spread.learnGroups(places, members);
    }
    if (!spread.step(fans, distance, limit - spread.size) || countEdges(fans) >= room) return end('nodes');
  }
  return end();
}

function countEdges(fans: readonly Fan[]): number {
  return fans.reduce((sum, { others }) => sum + others.length, 0);
}

/** How much of a failure gets through by a type of relation; all of it by one that the model forgot. */
export function weightsOf({ relationTypes }: Pick<CompiledModel, 'relationTypes'>): (type: string) => number {
  return (type) => relationTypes.get(type)?.weight ?? 1;
}
