import type { Group, ImpactStep } from '../domain/impact/spread-failure.ts';
import { type Directed, failureEdges, model, type Stored } from './graph-shape.contract.ts';

export interface Asked {
  itemId: string;
  depth: number;
  down: readonly string[];
}

/** The slow and plain way: as often as there are steps, everything is looked at again, from all that is broken so far. */
export function impactOracle({ items, relations }: Pick<Stored, 'items' | 'relations'>, { itemId, depth, down }: Asked): ImpactStep[] {
  const edges = failureEdges(relations);
  const brokenAt = new Map([[itemId, 0]]);
  const weights = new Map([[itemId, 1]]);
  const isBroken = (id: string, before: number) => (brokenAt.get(id) ?? Number.POSITIVE_INFINITY) < before;
  const into = (id: string) => edges.filter(({ to }) => to === id);

  const conditionOf = (id: string): string => {
    const item = items.get(id);
    if (id === itemId) return 'up';
    if (!item || item.state === 'retired') return 'absent';
    const phase = model.classes.get(item.class)?.states.get(String(item.attributes['lifecycleState']))?.phase;
    if (phase === 'planned' || phase === 'retired') return 'absent';
    return phase === 'maintenance' || down.includes(id) ? 'down' : 'up';
  };
  const needOf = (id: string, type: string): string | undefined => {
    const entries = (items.get(id)?.attributes['redundancy'] ?? []) as string[];
    return entries.find((entry) => entry.startsWith(`${type}:`))?.slice(type.length + 1);
  };
  /** How the group stands once all is down that broke before that step. */
  const groupOf = (id: string, type: string, step: number): Group => {
    const ways = into(id).filter((edge) => edge.type === type);
    const members = [...new Set(ways.map(({ from }) => from))].filter((member) => conditionOf(member) !== 'absent');
    const need = needOf(id, type) ?? '';
    const needed = need.endsWith('%') ? Math.ceil((Number(need.slice(0, -1)) * members.length) / 100) : Number(need);
    return { type, members: members.length, up: members.filter((one) => conditionOf(one) === 'up' && !isBroken(one, step)).length, needed };
  };
  const groupsOf = (id: string, step: number): Group[] => {
    const touched = into(id).filter(({ from, type }) => isBroken(from, step) && needOf(id, type) !== undefined);
    return [...new Set(touched.map(({ type }) => type))].sort().map((type) => groupOf(id, type, step));
  };
  const breaks = ({ from, to, type }: Directed, step: number): boolean => {
    if (!isBroken(from, step)) return false;
    if (needOf(to, type) === undefined) return true;
    const { up, needed } = groupOf(to, type, step);
    return up < needed;
  };
  const describe = (id: string, state: ImpactStep['state'], distance: number, ways: Directed[], groups: Group[]): ImpactStep => {
    const weighed = ways
      .filter(({ from }) => brokenAt.get(from) === distance - 1)
      .map(({ from, type }) => ({ weight: (weights.get(from) ?? 0) * (model.relationTypes.get(type)?.weight ?? 1), via: { id: from, type } }));
    weighed.sort((one, other) => other.weight - one.weight || (`${one.via.id} ${one.via.type}` < `${other.via.id} ${other.via.type}` ? -1 : 1));
    const [{ weight, via } = { weight: 0, via: { id: '', type: '' } }] = weighed;
    return { id, state, distance, weight, via, groups };
  };

  const steps: ImpactStep[] = [];
  for (let step = 1; step <= depth; step++) {
    const found = [...items.keys()].filter((id) => !brokenAt.has(id) && conditionOf(id) === 'up' && into(id).some((edge) => breaks(edge, step)));
    const described = found.map((id) =>
      describe(
        id,
        'broken',
        step,
        into(id).filter((edge) => breaks(edge, step)),
        groupsOf(id, step),
      ),
    );
    for (const { id, weight } of described) {
      brokenAt.set(id, step);
      weights.set(id, weight);
    }
    steps.push(...described);
  }
  for (const id of items.keys()) {
    const ways = into(id).filter(({ from }) => isBroken(from, depth));
    if (brokenAt.has(id) || ways.length === 0 || conditionOf(id) === 'absent') continue;
    const distance = 1 + Math.min(...ways.map(({ from }) => brokenAt.get(from) ?? 0));
    const isDown = conditionOf(id) === 'down';
    steps.push(describe(id, isDown ? 'already_down' : 'at_risk', distance, ways, isDown ? [] : groupsOf(id, depth)));
  }
  return steps.sort((one, other) => one.distance - other.distance || other.weight - one.weight || (one.id < other.id ? -1 : 1));
}
