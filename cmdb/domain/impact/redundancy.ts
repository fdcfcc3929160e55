/** How many members of a group must be up: a number of them, or a share (0 to 1) of those that there are. */
export type Need = { count: number } | { share: number };

const entryForm = /^([a-z][a-z0-9_]*):(?:([1-9][0-9]{0,5})|([1-9][0-9]?|100)%)$/;

/**
 * What an item needs of those that it depends on, by type of relation, from its attribute `redundancy` (`["part_of:2", "runs_on:50%"]`). Of two entries for one
 * type the first counts; what has another form says nothing.
 */
export function readRedundancy(value: unknown): ReadonlyMap<string, Need> {
  const needs = new Map<string, Need>();
  for (const entry of Array.isArray(value) ? value : []) {
    const [, type, count, percent] = (typeof entry === 'string' && entryForm.exec(entry)) || [];
    if (type !== undefined && !needs.has(type)) needs.set(type, count === undefined ? { share: Number(percent) / 100 } : { count: Number(count) });
  }
  return needs;
}

/** How many of so many members must be up. */
export function neededOf(need: Need, members: number): number {
  return 'count' in need ? need.count : Math.ceil(need.share * members - rounding);
}

/** 55 % of 20 is 11, whatever a binary fraction makes of it. */
const rounding = 1e-9;
