import { type Need, neededOf } from '../impact/redundancy.ts';
import type { LifecycleState } from '../model/model.ts';
import type { Hop } from './find-paths.ts';

/** What must be known of an item before failure goes on through it. */
export interface NetItem {
  phase: LifecycleState['phase'] | undefined;
  /** How many it needs of those that it depends on, by type of relation. */
  needs: ReadonlyMap<string, Need>;
}

/** Items and the hops along which failure travels between them. */
export interface FailureNet {
  items: ReadonlyMap<string, NetItem>;
  /** By the item that breaks something. */
  onwards: ReadonlyMap<string, readonly Hop[]>;
  /** By the item that is broken by something. */
  back: ReadonlyMap<string, readonly Hop[]>;
  weightOf: (type: string) => number;
}

export function buildNet(hops: readonly Hop[], items: ReadonlyMap<string, NetItem>, weightOf: (type: string) => number): FailureNet {
  const onwards = new Map<string, Hop[]>();
  const back = new Map<string, Hop[]>();
  const keep = (of: Map<string, Hop[]>, id: string, hop: Hop) => {
    const known = of.get(id);
    if (known) known.push(hop);
    else of.set(id, [hop]);
  };
  for (const hop of hops) {
    keep(onwards, hop.from, hop);
    keep(back, hop.to, hop);
  }
  return { items, onwards, back, weightOf };
}

/** How failure came to an item: after so many steps, so much of it, by this last hop; none where it began. */
export interface Failed {
  distance: number;
  weight: number;
  by?: Hop;
}

/** Those of which an item needs some, by one type of relation. */
export interface Group {
  id: string;
  type: string;
  members: string[];
  needed: number;
}

export interface Spread {
  failed: Map<string, Failed>;
  /** Items that are said to be up, and would have failed. */
  contradicted: Map<string, Failed>;
  /** Groups that lost members and hold. */
  holding: Group[];
}

/**
 * What fails when all of `starts` do, step by step: an item fails with any of those that it depends on, and with a group when too few of its members are left. Failure does
 * not pass through what is said to be `up`, what is planned or retired, nor what is in maintenance, which was down before.
 */
export function spreadFrom(starts: readonly string[], net: FailureNet, { up, depth }: { up: ReadonlySet<string>; depth: number }): Spread {
  const failed = new Map<string, Failed>(starts.map((id) => [id, { distance: 0, weight: 1 }]));
  const contradicted = new Map<string, Failed>();
  const touched = new Map<string, { id: string; type: string }>();
  let frontier: readonly string[] = starts;
  for (let distance = 1; distance <= depth && frontier.length > 0; distance++) {
    const breaking = new Map<string, Failed>();
    for (const id of frontier) {
      for (const hop of net.onwards.get(id) ?? []) {
        if (failed.has(hop.to) || contradicted.has(hop.to) || !canFail(net, hop.to)) continue;
        const group = groupOf(net, hop.to, hop.type);
        if (group) touched.set(`${hop.to} ${hop.type}`, { id: hop.to, type: hop.type });
        if (group && !isBroken(group, failed)) continue;
        keepHeavier(breaking, hop.to, { distance, weight: (failed.get(id)?.weight ?? 1) * net.weightOf(hop.type), by: hop });
      }
    }
    for (const [id, how] of breaking) (up.has(id) ? contradicted : failed).set(id, how);
    frontier = [...breaking.keys()].filter((id) => failed.has(id));
  }
  const holding = [...touched.values()]
    .filter(({ id }) => !failed.has(id) && !contradicted.has(id))
    .flatMap(({ id, type }) => groupOf(net, id, type) ?? [])
    .sort((one, other) => (`${one.id} ${one.type}` < `${other.id} ${other.type}` ? -1 : 1));
  return { failed, contradicted, holding };
}

/** The group of an item by a type of relation: those on which it depends, without those that are planned or retired; undefined where it needs all of them. */
export function groupOf(net: FailureNet, id: string, type: string): Group | undefined {
  const need = net.items.get(id)?.needs.get(type);
  if (!need) return undefined;
  const hops = (net.back.get(id) ?? []).filter((hop) => hop.type === type && !isAbsent(net, hop.from));
  const members = [...new Set(hops.map(({ from }) => from))].sort();
  return { id, type, members, needed: neededOf(need, members.length) };
}

export function isAbsent({ items }: FailureNet, id: string): boolean {
  const phase = items.get(id)?.phase;
  return phase === 'planned' || phase === 'retired';
}

/** The hops from where failure began to this item. */
export function wayTo({ failed }: Pick<Spread, 'failed'>, how: Failed): Hop[] {
  const hops: Hop[] = [];
  for (let step: Failed | undefined = how; step?.by; step = failed.get(step.by.from)) hops.unshift(step.by);
  return hops;
}

function canFail(net: FailureNet, id: string): boolean {
  return !isAbsent(net, id) && net.items.get(id)?.phase !== 'maintenance';
}

function isBroken({ members, needed }: Group, failed: ReadonlyMap<string, Failed>): boolean {
  return members.filter((member) => !failed.has(member)).length < needed;
}

/** Of ways of one length the heavier counts, then that by the smaller (id, type), so that an answer is the same each time. */
function keepHeavier(ways: Map<string, Failed>, id: string, way: Failed): void {
  const other = ways.get(id);
  if (!other || way.weight > other.weight || (way.weight === other.weight && nameOf(way) < nameOf(other))) ways.set(id, way);
}

const nameOf = ({ by }: Failed) => `${by?.from} ${by?.type} ${by?.way}`;
