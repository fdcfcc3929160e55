import { byNames, fromNames, isSame, isTree } from './by-names.ts';
import type { ModelDefinition } from './model.ts';

export interface Shipped {
  /** The model as it holds here. */
  current: ModelDefinition;
  /** The model that the program came with before, and the one that it comes with now. */
  before: ModelDefinition;
  now: ModelDefinition;
}

/** The present model with what changed in the one that comes with the program. Where people changed the same thing, theirs stays. */
export function proposeShipped({ current, before, now }: Shipped): ModelDefinition {
  return fromNames(merge(byNames(current), byNames(before), byNames(now)) as Readonly<Record<string, unknown>>);
}

function merge(mine: unknown, before: unknown, now: unknown): unknown {
  if (isSame(before, now)) return mine;
  if (isSame(before, mine)) return now;
  if (!isTree(mine) || !isTree(now)) return mine;
  const old = isTree(before) ? before : {};
  const names = new Set([...Object.keys(mine), ...Object.keys(now)]);
  const merged = [...names].map((name): [string, unknown] => [name, merge(mine[name], old[name], now[name])]);
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined));
}
