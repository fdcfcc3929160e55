import type { AttributeDefinition } from '../model/model.ts';
import type { Identifier } from './list-identifiers.ts';
import { type ReconciledItem, settleItem } from './reconcile.ts';
import { identifiersOf, type Said } from './said.ts';

/** A relation by its ends; its identity is its type and its ends. */
export interface RelationRow {
  id: string;
  type: string;
  fromId: string;
  toId: string;
}

/** An item with all that hangs on it. */
export interface WholeItem extends ReconciledItem {
  id: string;
  class: string;
  retired: boolean;
  /** What each key of each source last said: its links, values and identifiers follow from it. */
  said: readonly Said[];
  relations: readonly RelationRow[];
}

export interface MergeRules {
  attributes: ReadonlyMap<string, AttributeDefinition>;
  isA(name: string, ancestor: string): boolean;
}

/** What has to be kept of a merge so that it can be undone. */
export interface MergeRecord {
  winner: WholeItem;
  loser: WholeItem;
  /** `moved`: the loser's relation has the winner at its end now; `united`: the winner had the same one; `dropped`: it tied the two to each other. */
  relations: readonly { relation: RelationRow; fate: 'moved' | 'united' | 'dropped' }[];
}

export interface Merge {
  winner: WholeItem;
  /** What the storage has to move from the loser to the winner; the loser itself stays, retired, with its history. */
  moves: { links: Pick<Said, 'source' | 'key'>[]; identifiers: Identifier[]; relations: RelationRow[]; endedRelations: RelationRow[] };
  record: MergeRecord;
}

/**
 * Makes two items one. The links, identifiers and relations of the loser become the winner's, and the values follow from what all sources say, as always; a value of the
 * loser that is nobody's word only fills a gap. The class is the more special of the two when they are related, else the winner's: a person chose the winner.
 * Identifiers that count within the loser as their host are for `rehost`.
 */
export function mergeItems(winner: WholeItem, loser: WholeItem, { attributes, isA }: MergeRules, now: number): Merge {
  const own = new Set(winner.relations.map(toRelationKey));
  const relations = loser.relations.map((relation) => {
    const after = moveEnds(relation, loser.id, winner.id);
    const fate = after.fromId === after.toId ? 'dropped' : own.has(toRelationKey(after)) ? 'united' : 'moved';
    own.add(toRelationKey(after));
    return { relation, fate } as const;
  });
  const moved = relations.filter(({ fate }) => fate === 'moved').map(({ relation }) => moveEnds(relation, loser.id, winner.id));
  const dropped = new Set(relations.filter(({ fate }) => fate === 'dropped').map(({ relation }) => relation.id));
  const said = [...winner.said, ...loser.said];
  return {
    winner: {
      ...winner,
      ...settleItem(fillGaps(winner, loser), said, attributes, now),
      class: classOfBoth(winner, loser, isA),
      retired: winner.retired && loser.retired,
      said,
      relations: [...winner.relations.filter(({ id }) => !dropped.has(id)), ...moved],
    },
    moves: {
      links: loser.said.map(({ source, key }) => ({ source, key })),
      identifiers: identifiersOf(loser.said),
      relations: moved,
      endedRelations: relations.filter(({ fate }) => fate !== 'moved').map(({ relation }) => relation),
    },
    record: { winner, loser, relations },
  };
}

/** Identifiers of what depends on an item, when that item went into another (or came out again). */
export function rehost(identifiers: readonly Identifier[], fromHost: string, toHost: string): Identifier[] {
  return identifiers.map(({ scheme, value }) => ({
    scheme,
    value: value.startsWith(`${fromHost}|`) ? `${toHost}${value.slice(fromHost.length)}` : value,
  }));
}

export function classOfBoth(winner: WholeItem, loser: WholeItem, isA: MergeRules['isA']): string {
  return isA(loser.class, winner.class) ? loser.class : winner.class;
}

/** What the winner has no word on is as the loser has it, with its owner. */
function fillGaps(winner: ReconciledItem, loser: ReconciledItem): ReconciledItem {
  const isGap = ([name]: [string, unknown]) => !Object.hasOwn(winner.fields, name) && !Object.hasOwn(winner.provenance, name);
  return {
    fields: Object.fromEntries([...Object.entries(winner.fields), ...Object.entries(loser.fields).filter(isGap)]),
    lookups: winner.lookups,
    provenance: Object.fromEntries([...Object.entries(winner.provenance), ...Object.entries(loser.provenance).filter(isGap)]),
  };
}

function moveEnds(relation: RelationRow, from: string, to: string): RelationRow {
  const move = (id: string) => (id === from ? to : id);
  return { ...relation, fromId: move(relation.fromId), toId: move(relation.toId) };
}

function toRelationKey({ type, fromId, toId }: RelationRow): string {
  return `${fromId} ${type} ${toId}`;
}
