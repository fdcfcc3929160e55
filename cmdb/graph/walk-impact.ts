import { FailureSpread, type Fan, type GroupPlace, type ImpactStep, type SpreadOptions, type Standing } from '../domain/impact/spread-failure.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import type { CutBy, ImpactQuestion } from './graph.ts';

/** What a walk of failure asks, a level at a time. */
export interface FailureSource<Id = string> {
  /** Edges away from these items along which failure travels; no more than `room`. */
  edges(ids: readonly Id[], room: number): MaybeLater<readonly Fan<Id>[]>;
  /** Those of these items that are not simply in use, or that need only some of those that they depend on. */
  standings(ids: readonly Id[]): MaybeLater<ReadonlyMap<Id, Standing>>;
  /** On which items these depend by these types; no more than `room` edges. */
  members(places: readonly GroupPlace<Id>[], room: number): MaybeLater<readonly Fan<Id>[]>;
}

type MaybeLater<Answer> = Answer | Promise<Answer>;

export interface WalkQuestion<Id> extends Pick<ImpactQuestion, 'depth' | 'limit' | 'timeout'>, Omit<SpreadOptions<Id>, 'down'> {
  down: readonly Id[];
}

/**
 * Goes level by level from the item until nothing more breaks, `depth` is reached or a cap is hit. Nearly everything that is reached breaks, so the edges of the next
 * level are asked for together with the standing of this one.
 */
export async function walkImpact<Id extends string | number>(
  { start, depth, limit, timeout, down, ...rules }: WalkQuestion<Id>,
  source: FailureSource<Id>,
): Promise<{ steps: ImpactStep<Id>[]; cutBy?: CutBy }> {
  const until = performance.now() + timeout;
  const spread = new FailureSpread({ start, down: new Set(down), ...rules });
  const most = 2 * limit + 1;
  const end = (cutBy?: CutBy) => ({ steps: spread.steps(), ...(cutBy && { cutBy }) });
  const learn = async (fans: readonly Fan<Id>[]) => {
    const unknown = spread.unknownOf(fans);
    if (unknown.length > 0) spread.learn(unknown, await source.standings(unknown));
  };
  const readEdges = async (ids: readonly Id[]) => {
    // Of one item nearly every edge leads to another item; of many, many lead to the same.
    const room = ids.length === 1 ? limit + 1 : most;
    const fans = await source.edges(ids, room);
    return { fans, isWhole: countEdges(fans) < room };
  };

  if (timeout <= 0) return end('time');
  let level = await readEdges([start]);
  for (let distance = 1; ; distance++) {
    const next = distance < depth ? spread.breakableOf(level.fans) : [];
    const isWorthIt = next.length > 0 && spread.size + next.length <= limit;
    const [ahead] = await Promise.all([isWorthIt ? readEdges(next) : undefined, learn(level.fans)]);
    const places = spread.unknownGroupsOf(level.fans);
    if (places.length > 0) {
      const members = await source.members(places, most);
      if (countEdges(members) >= most) return end('nodes');
      await learn(members);
      spread.learnGroups(places, members);
    }
    if (!spread.step(level.fans, distance, limit - spread.size) || !level.isWhole) return end('nodes');
    if (distance === depth || spread.frontier.length === 0) return end();
    if (performance.now() > until) return end('time');
    const broken = new Set(spread.frontier);
    level = ahead ? { ...ahead, fans: ahead.fans.filter(({ id }) => broken.has(id)) } : await readEdges(spread.frontier);
  }
}

function countEdges(fans: readonly Fan<unknown>[]): number {
  return fans.reduce((sum, { others }) => sum + others.length, 0);
}

/** How much of a failure gets through by a type of relation; all of it by one that the model forgot. */
export function weightsOf({ relationTypes }: Pick<CompiledModel, 'relationTypes'>): (type: string) => number {
  return (type) => relationTypes.get(type)?.weight ?? 1;
}
