import type { LifecycleState } from '../model/model.ts';
import { type Need, neededOf } from './redundancy.ts';

/** The edges of one type along which failure travels from one item, or on which one item depends. Who holds items by numbers takes these for ids (`Id`). */
export interface Fan<Id = string> {
  id: Id;
  type: string;
  others: readonly Id[];
}

/** What must be known of an item before failure goes on through it. */
export interface Standing {
  phase: LifecycleState['phase'] | undefined;
  needs: ReadonlyMap<string, Need>;
}

export interface Via<Id = string> {
  id: Id;
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
export interface ImpactStep<Id = string> {
  id: Id;
  state: ImpactState;
  /** Steps of failure until it broke, or until it was first touched. */
  distance: number;
  /** The product of the weights of the types along the way that `via` leads back. */
  weight: number;
  /** The step before this one. */
  via: Via<Id>;
  /** The groups of it that lost members, as they were when it broke, or at the end; by type. */
  groups: Group[];
}

interface Membership<Id> {
  members: ReadonlySet<Id>;
  down: Set<Id>;
  needed: number;
}

/** An item and a type of relation by which it needs only some of those that it depends on. */
export interface GroupPlace<Id = string> {
  id: Id;
  type: string;
}

/**
 * How the failure of one item spreads, a step at a time, until nothing more breaks: what is broken stays so, so the end is the least fixpoint, whatever cycles
 * there are. Who drives it reads what each step needs to know (`unknownOf`, `unknownGroupsOf`), and tells it.
 */
export class FailureSpread<Id extends string | number = string> {
  readonly #start: Id;
  readonly #down: ReadonlySet<Id>;
  readonly #weightOf: (type: string) => number;
  readonly #reached = new Map<Id, ImpactStep<Id>>();
  readonly #known = new Set<Id>();
  readonly #standings = new Map<Id, Standing>();
  readonly #groups = new Map<string, Membership<Id>>();
  readonly #compare: (one: Id, other: Id) => number;
  #frontier: Id[];

  constructor({ start, down, weightOf, compare = compareIds }: SpreadOptions<Id>) {
    this.#start = start;
    this.#compare = compare;
    this.#down = down;
    this.#weightOf = weightOf;
    this.#frontier = [start];
  }

  /** The items that broke in the last step. */
  get frontier(): readonly Id[] {
    return this.#frontier;
  }

  get size(): number {
    return this.#reached.size;
  }

  /** The items at the ends of these edges of which nothing was told yet. */
  unknownOf(fans: readonly Fan<Id>[]): Id[] {
    const unknown = new Set<Id>();
    for (const { others } of fans) for (const id of others) if (!this.#known.has(id)) unknown.add(id);
    return [...unknown];
  }

  /** The items at the ends of these edges that may break yet, as far as is known. */
  breakableOf(fans: readonly Fan<Id>[]): Id[] {
    const breakable = new Set<Id>();
    for (const { others } of fans) for (const id of others) if (this.#canBreak(id)) breakable.add(id);
    return [...breakable];
  }

  /** Tells the standing of these items; those that are not in `special` are in use, and need all that they depend on. */
  learn(ids: readonly Id[], special: ReadonlyMap<Id, Standing>): void {
    for (const id of ids) this.#known.add(id);
    for (const [id, standing] of special) this.#standings.set(id, standing);
  }

  /** The groups that these edges touch whose members were not told yet. */
  unknownGroupsOf(fans: readonly Fan<Id>[]): GroupPlace<Id>[] {
    const unknown = new Map<string, GroupPlace<Id>>();
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
  learnGroups(places: readonly GroupPlace<Id>[], fans: readonly Fan<Id>[]): void {
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
  step(fans: readonly Fan<Id>[], distance: number, room: number): boolean {
    const breaking = new Map<Id, Way<Id>>();
    const touching = new Map<Id, Way<Id>>();
    const lost: [GroupPlace<Id>, Way<Id>][] = [];
    for (const { id, type, others } of fans) {
      const way = { weight: this.#weightAt(id) * this.#weightOf(type), via: { id, type } };
      for (const other of others) {
        if (!this.#canBreak(other)) this.#touchDown(touching, other, way);
        else if (this.#standings.get(other)?.needs.has(type)) lost.push([{ id: other, type }, way]);
        else this.#keepHeavier(breaking, other, way);
      }
    }
    for (const [{ id, type }, { via }] of lost) {
      const group = this.#groups.get(`${id} ${type}`);
      if (group?.members.has(via.id)) group.down.add(via.id);
    }
    for (const [{ id, type }, way] of lost) {
      const group = this.#groups.get(`${id} ${type}`);
      if (!group?.members.has(way.via.id)) continue;
      this.#keepHeavier(upOf(group) < group.needed ? breaking : touching, id, way);
    }
    return this.#take(breaking, touching, distance, room);
  }

  /** All that was reached, nearest first, then the heaviest. */
  steps(): ImpactStep<Id>[] {
    for (const step of this.#reached.values()) if (step.state === 'at_risk') step.groups = this.#groupsOf(step.id);
    return [...this.#reached.values()].sort(
      (one, other) => one.distance - other.distance || other.weight - one.weight || this.#compare(one.id, other.id),
    );
  }

  #take(breaking: ReadonlyMap<Id, Way<Id>>, touching: ReadonlyMap<Id, Way<Id>>, distance: number, room: number): boolean {
    const found = [...breaking].map(([id, way]) => ({ id, way, state: 'broken' as ImpactState }));
    for (const [id, way] of touching) {
      const state = this.#conditionOf(id) === 'down' ? 'already_down' : 'at_risk';
      if (!breaking.has(id) && !this.#reached.has(id)) found.push({ id, way, state });
    }
    found.sort((one, other) => other.way.weight - one.way.weight || this.#compare(one.id, other.id));
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

  #touchDown(touching: Map<Id, Way<Id>>, id: Id, way: Way<Id>): void {
    if (id !== this.#start && this.#conditionOf(id) === 'down' && !this.#reached.has(id)) this.#keepHeavier(touching, id, way);
  }

  #groupsOf(id: Id): Group[] {
    const needs = this.#standings.get(id)?.needs ?? [];
    return [...needs]
      .flatMap(([type]) => {
        const group = this.#groups.get(`${id} ${type}`);
        return group ? { type, members: group.members.size, up: upOf(group), needed: group.needed } : [];
      })
      .sort((one, other) => (one.type < other.type ? -1 : 1));
  }

  /** Whether it is up so far, as far as is known. */
  #canBreak(id: Id): boolean {
    return id !== this.#start && this.#conditionOf(id) === 'up' && this.#reached.get(id)?.state !== 'broken';
  }

  /** What it was before anything broke. The item that is asked about is in use, or one would not ask. */
  #conditionOf(id: Id): 'up' | 'down' | 'absent' {
    if (id === this.#start) return 'up';
    const phase = this.#standings.get(id)?.phase;
    if (phase === 'planned' || phase === 'retired') return 'absent';
    return phase === 'maintenance' || this.#down.has(id) ? 'down' : 'up';
  }

  #weightAt(id: Id): number {
    return this.#reached.get(id)?.weight ?? 1;
  }

  /** Of ways of one length the heavier is shown, then that by the smaller (id, type), so that an answer is the same each time. */
  #keepHeavier(ways: Map<Id, Way<Id>>, id: Id, way: Way<Id>): void {
    const other = ways.get(id);
    if (!other || this.#isBefore(way, other)) ways.set(id, way);
  }

  #isBefore(one: Way<Id>, other: Way<Id>): boolean {
    if (one.weight !== other.weight) return one.weight > other.weight;
    return one.via.id === other.via.id ? one.via.type < other.via.type : this.#compare(one.via.id, other.via.id) < 0;
  }
}

export interface SpreadOptions<Id> {
  start: Id;
  down: ReadonlySet<Id>;
  weightOf: (type: string) => number;
  /** Of two ids; as they are written, unless told. */
  compare?: (one: Id, other: Id) => number;
}

function compareIds(one: string | number, other: string | number): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

interface Way<Id> {
  weight: number;
  via: Via<Id>;
}

function upOf({ members, down }: Membership<unknown>): number {
  return members.size - down.size;
}
