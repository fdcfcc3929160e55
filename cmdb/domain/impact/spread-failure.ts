import type { LifecycleState } from '../model/model.ts';
import { type Need, neededOf } from './redundancy.ts';

/** The edges of one type along which failure travels from one item, or on which one item depends. */
export interface Fan {
  id: string;
  type: string;
  others: readonly string[];
}

/** What must be known of an item before failure goes on through it. */
export interface Standing {
  phase: LifecycleState['phase'] | undefined;
  needs: ReadonlyMap<string, Need>;
}

export interface Via {
  id: string;
  type: string;
}

/** A group that lost members: those that an item depends on by one type of relation, so many of which must be up. */
export interface Group {
  type: string;
  members: number;
  up: number;
  needed: number;
}

/** broken: it fails too; at_risk: a group of it lost members, and holds; already_down: it was down before, and what depends on it knows. */
export type ImpactState = 'broken' | 'at_risk' | 'already_down';

/** One item that the failure reaches. */
export interface ImpactStep {
  id: string;
  state: ImpactState;
  /** Steps of failure until it broke, or until it was first touched. */
  distance: number;
  /** The product of the weights of the types along the way that `via` leads back. */
  weight: number;
  /** The step before this one. */
  via: Via;
  /** The groups of it that lost members, as they were when it broke, or at the end; by type. */
  groups: Group[];
}

interface Membership {
  members: ReadonlySet<string>;
  down: Set<string>;
  needed: number;
}

/** An item and a type of relation by which it needs only some of those that it depends on. */
export interface GroupPlace {
  id: string;
  type: string;
}

/**
 * How the failure of one item spreads, a step at a time, until nothing more breaks: what is broken stays so, so the end is the least fixpoint, whatever cycles
 * there are. Who drives it reads what each step needs to know (`unknownOf`, `unknownGroupsOf`), and tells it.
 */
export class FailureSpread {
  readonly #start: string;
  readonly #down: ReadonlySet<string>;
  readonly #weightOf: (type: string) => number;
  readonly #reached = new Map<string, ImpactStep>();
  readonly #known = new Set<string>();
  readonly #standings = new Map<string, Standing>();
  readonly #groups = new Map<string, Membership>();
  #frontier: string[];

  constructor({ start, down, weightOf }: { start: string; down: ReadonlySet<string>; weightOf: (type: string) => number }) {
    this.#start = start;
    this.#down = down;
    this.#weightOf = weightOf;
    this.#frontier = [start];
  }

  /** The items that broke in the last step. */
  get frontier(): readonly string[] {
    return this.#frontier;
  }

  get size(): number {
    return this.#reached.size;
  }

  /** The items at the ends of these edges of which nothing was told yet. */
  unknownOf(fans: readonly Fan[]): string[] {
    const unknown = new Set<string>();
    for (const { others } of fans) for (const id of others) if (!this.#known.has(id)) unknown.add(id);
    return [...unknown];
  }

  /** The items at the ends of these edges that may break yet, as far as is known. */
  breakableOf(fans: readonly Fan[]): string[] {
    const breakable = new Set<string>();
    for (const { others } of fans) for (const id of others) if (this.#canBreak(id)) breakable.add(id);
    return [...breakable];
  }

  /** Tells the standing of these items; those that are not in `special` are in use, and need all that they depend on. */
  learn(ids: readonly string[], special: ReadonlyMap<string, Standing>): void {
    for (const id of ids) this.#known.add(id);
    for (const [id, standing] of special) this.#standings.set(id, standing);
  }

  /** The groups that these edges touch whose members were not told yet. */
  unknownGroupsOf(fans: readonly Fan[]): GroupPlace[] {
    const unknown = new Map<string, GroupPlace>();
    for (const { type, others } of fans) {
      for (const id of others) {
        if (!this.#standings.get(id)?.needs.has(type) || !this.#canBreak(id)) continue;
        const key = `${id} ${type}`;
        if (!this.#groups.has(key)) unknown.set(key, { id, type });
      }
    }
    return [...unknown.values()];
  }

  /** Tells the members of groups, after their standings: those that are planned or retired are none. */
  learnGroups(places: readonly GroupPlace[], fans: readonly Fan[]): void {
    const found = new Map(fans.map(({ id, type, others }) => [`${id} ${type}`, others]));
    for (const { id, type } of places) {
      const key = `${id} ${type}`;
      const members = new Set((found.get(key) ?? []).filter((member) => this.#conditionOf(member) !== 'absent'));
      const down = new Set([...members].filter((member) => this.#conditionOf(member) === 'down'));
      const need = this.#standings.get(id)?.needs.get(type);
      this.#groups.set(key, { members, down, needed: need ? neededOf(need, members.size) : members.size });
    }
  }

  /** One step along these edges, which lead away from the frontier. No more than `room` new items are taken, the heaviest first; false: there were more. */
  step(fans: readonly Fan[], distance: number, room: number): boolean {
    const breaking = new Map<string, Way>();
    const touching = new Map<string, Way>();
    const lost: [GroupPlace, Way][] = [];
    for (const { id, type, others } of fans) {
      const way = { weight: this.#weightAt(id) * this.#weightOf(type), via: { id, type } };
      for (const other of others) {
        if (!this.#canBreak(other)) this.#touchDown(touching, other, way);
        else if (this.#standings.get(other)?.needs.has(type)) lost.push([{ id: other, type }, way]);
        else keepHeavier(breaking, other, way);
      }
    }
    for (const [{ id, type }, { via }] of lost) {
      const group = this.#groups.get(`${id} ${type}`);
      if (group?.members.has(via.id)) group.down.add(via.id);
    }
    for (const [{ id, type }, way] of lost) {
      const group = this.#groups.get(`${id} ${type}`);
      if (!group?.members.has(way.via.id)) continue;
      keepHeavier(upOf(group) < group.needed ? breaking : touching, id, way);
    }
    return this.#take(breaking, touching, distance, room);
  }

  /** All that was reached, nearest first, then the heaviest. */
  steps(): ImpactStep[] {
    for (const step of this.#reached.values()) if (step.state === 'at_risk') step.groups = this.#groupsOf(step.id);
    return [...this.#reached.values()].sort(
      (one, other) => one.distance - other.distance || other.weight - one.weight || (one.id < other.id ? -1 : 1),
    );
  }

  #take(breaking: ReadonlyMap<string, Way>, touching: ReadonlyMap<string, Way>, distance: number, room: number): boolean {
    const found = [...breaking].map(([id, way]) => ({ id, way, state: 'broken' as ImpactState }));
    for (const [id, way] of touching) {
      const state = this.#conditionOf(id) === 'down' ? 'already_down' : 'at_risk';
      if (!breaking.has(id) && !this.#reached.has(id)) found.push({ id, way, state });
    }
    found.sort((one, other) => other.way.weight - one.way.weight || (one.id < other.id ? -1 : 1));
    this.#frontier = [];
    let left = room;
    for (const { id, way, state } of found) {
      const isNew = !this.#reached.has(id);
      if (isNew && left === 0) return false;
      if (isNew) left -= 1;
      this.#reached.set(id, { id, state, distance, ...way, groups: state === 'broken' ? this.#groupsOf(id) : [] });
      if (state === 'broken') this.#frontier.push(id);
    }
    return true;
  }

  #touchDown(touching: Map<string, Way>, id: string, way: Way): void {
    if (id !== this.#start && this.#conditionOf(id) === 'down' && !this.#reached.has(id)) keepHeavier(touching, id, way);
  }

  #groupsOf(id: string): Group[] {
    const needs = this.#standings.get(id)?.needs ?? [];
    return [...needs]
      .flatMap(([type]) => {
        const group = this.#groups.get(`${id} ${type}`);
        return group ? { type, members: group.members.size, up: upOf(group), needed: group.needed } : [];
      })
      .sort((one, other) => (one.type < other.type ? -1 : 1));
  }

  /** Whether it is up so far, as far as is known. */
  #canBreak(id: string): boolean {
    return id !== this.#start && this.#conditionOf(id) === 'up' && this.#reached.get(id)?.state !== 'broken';
  }

  /** What it was before anything broke. The item that is asked about is in use, or one would not ask. */
  #conditionOf(id: string): 'up' | 'down' | 'absent' {
    if (id === this.#start) return 'up';
    const phase = this.#standings.get(id)?.phase;
    if (phase === 'planned' || phase === 'retired') return 'absent';
    return phase === 'maintenance' || this.#down.has(id) ? 'down' : 'up';
  }

  #weightAt(id: string): number {
    return this.#reached.get(id)?.weight ?? 1;
  }
}

interface Way {
  weight: number;
  via: Via;
}

function upOf({ members, down }: Membership): number {
  return members.size - down.size;
}

/** Of ways of one length the heavier is shown, then that by the smaller (id, type), so that an answer is the same each time. */
function keepHeavier(ways: Map<string, Way>, id: string, way: Way): void {
  const other = ways.get(id);
  if (!other || isBefore(way, other)) ways.set(id, way);
}

function isBefore(one: Way, other: Way): boolean {
  if (one.weight !== other.weight) return one.weight > other.weight;
  return one.via.id === other.via.id ? one.via.type < other.via.type : one.via.id < other.via.id;
}
