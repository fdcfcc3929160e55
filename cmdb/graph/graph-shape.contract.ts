import { newUuid } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { Attributes } from '../domain/attributes.ts';
import { newItem } from '../domain/item.ts';
import { compileModel } from '../domain/model/compile-model.ts';
import { type RelationState, relate } from '../domain/relation.ts';
import { readPacks } from '../model/read-packs.ts';
import { writeItems } from '../storage/item-store.ts';
import { writeRelations } from '../storage/relation-store.ts';

/** The model that every adapter under test is given. */
export const model = compileModel(await readPacks());
export const author = { actorId: 'ivan', actorName: 'Иван' };
export const words = { classes: new Map(), sensitive: new Set<string>() };

/** A graph as a test thinks of it: items by their place in a list, and relations between them. */
export interface Shape {
  items: readonly { class?: string; attributes?: Attributes }[];
  edges: readonly { type: string; from: number; to: number }[];
}

/** A graph as it was stored, or as it was at a moment. */
export interface Stored {
  /** In the order of the shape. */
  ids: string[];
  items: ReadonlyMap<string, { class: string; attributes: Attributes; state: string }>;
  relations: readonly RelationState[];
}

/** Puts a shape into the records. Edges from an item to itself are left out. */
export async function store(database: Database, { items, edges }: Shape): Promise<Stored> {
  const states = items.map(({ class: itemClass = 'server', attributes = {} }) => {
    const id = newUuid();
    return newItem({ id, source: 'test', key: id }, { class: itemClass, name: id, attributes }, 1_000);
  });
  const ids = states.map(({ id }) => id);
  const relations = edges
    .filter(({ from, to }) => from !== to)
    .flatMap(
      ({ type, from, to }) => relate(undefined, { id: newUuid(), type, fromId: ids[from] ?? '', toId: ids[to] ?? '', source: 'test' }, 1_000) ?? [],
    );
  await database.commit({
    statements: writeItems(
      states.map((after) => ({ after })),
      author,
      words,
    ),
  });
  await database.commit({ statements: writeRelations(relations, author) });
  return { ids, items: new Map(states.map((state) => [state.id, state])), relations };
}

export interface Directed {
  from: string;
  to: string;
  type: string;
}

/** The ways in which failure travels along these relations. */
export function failureEdges(relations: readonly RelationState[]): Directed[] {
  return relations.flatMap(({ type, fromId, toId }) => {
    const failure = model.relationTypes.get(type)?.failure;
    return [
      ...(failure === 'forward' || failure === 'both' ? [{ from: fromId, to: toId, type }] : []),
      ...(failure === 'backward' || failure === 'both' ? [{ from: toId, to: fromId, type }] : []),
    ];
  });
}
