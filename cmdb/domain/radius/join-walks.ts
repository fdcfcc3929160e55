/** One item that the failure of another reaches, with the step before it on a shortest way, which is broken or where it begins. */
export interface WalkStep {
  id: string;
  state: 'broken' | 'at_risk';
  distance: number;
  via: { id: string; type: string };
}

/**
 * What several walks have reached together, nearest first: each item once, broken if any walk breaks it, by its shortest way from any of the starts, which are left out
 * themselves. Every `via` leads one step nearer to some start, so ways end there. At most `limit` items.
 */
export function joinWalks<Step extends WalkStep>(
  starts: readonly string[],
  walks: readonly (readonly Step[])[],
  limit: number,
): { steps: Step[]; truncated: boolean } {
  const own = new Set(starts);
  const nearest = new Map<string, Step>();
  for (const step of walks.flat()) {
    const known = nearest.get(step.id);
    if (!own.has(step.id) && (known === undefined || isWorse(step, known))) nearest.set(step.id, step);
  }
  const steps = [...nearest.values()].sort((one, other) => one.distance - other.distance || (one.id < other.id ? -1 : 1));
  return { steps: steps.slice(0, limit), truncated: steps.length > limit };
}

function isWorse(step: WalkStep, known: WalkStep): boolean {
  return step.state === known.state ? step.distance < known.distance : step.state === 'broken';
}

/** The way to an item, from where it begins: each item with the type of the relation by which it was reached, none for the first. */
export function findWay(id: string, steps: ReadonlyMap<string, Pick<WalkStep, 'via'>>): { id: string; via: string }[] {
  const way: { id: string; via: string }[] = [];
  for (let at = id; ; ) {
    const step = steps.get(at);
    way.unshift({ id: at, via: step?.via.type ?? '' });
    if (!step || way.length > steps.size) return way;
    at = step.via.id;
  }
}
