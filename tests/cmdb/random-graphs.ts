import fc from 'fast-check';
import { newItem } from '../../cmdb/domain/item.ts';
import { compileModel } from '../../cmdb/domain/model/compile-model.ts';
import { type RelationState, relate, unrelate } from '../../cmdb/domain/relation.ts';
import { readPacks } from '../../cmdb/model/read-packs.ts';
import { writeItems } from '../../cmdb/storage/item-store.ts';
import { writeRelations } from '../../cmdb/storage/relation-store.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/postgres/database.ts';

/** The model that comes with the program. */
export const model = compileModel(await readPacks());
export const relationTypes = [...model.relationTypes.keys()];

/** A relation between the items at two places of a list: it comes, and may end and come back, at these moments (epoch milliseconds, rising). */
export interface Line {
  type: string;
  from: number;
  to: number;
  turns: number[];
}

export interface Shape {
  size: number;
  lines: Line[];
}

export interface StoredGraph {
  ids: string[];
  /** Relations as they are, or as they were at a moment. */
  at(moment?: number): { from: string; to: string; type: string }[];
}

/** Every item is there from this moment on; every line begins after it, and nothing happens after `lastMoment`. */
export const firstMoment = 1_000_000;
export const lastMoment = firstMoment + 1_000;

/** Graphs of any form: cycles and diamonds among few items, one item in two lines out of five a hub; most lines are there to the end. */
export function shapes(most: number, types: readonly string[] = relationTypes): fc.Arbitrary<Shape> {
  const turns = fc
    .uniqueArray(fc.integer({ min: firstMoment + 1, max: lastMoment }), { minLength: 1, maxLength: 4 })
    .map((moments) => moments.sort());
  return fc.integer({ min: 2, max: most }).chain((size) => {
    const end = fc.oneof({ weight: 4, arbitrary: fc.nat(size - 1) }, { weight: 1, arbitrary: fc.constant(0) });
    const line = fc.record({ type: fc.constantFrom(...types), from: end, to: end, turns });
    const lines = fc.uniqueArray(line, { minLength: size, maxLength: size * 3, selector: ({ type, from, to }) => `${from} ${type} ${to}` });
    return fc.record({ size: fc.constant(size), lines: lines.map((all) => all.filter(({ from, to }) => from !== to)) });
  });
}

const author = { actorId: 'ivan', actorName: 'Иван' };

/** Puts a shape into the records, turn by turn. `describe` says of the item at a place what it is; else it is a server. */
export async function storeGraph(
  database: Database,
  { size, lines }: Shape,
  describe: (place: number) => { class?: string; name?: string; attributes?: Record<string, unknown> } = () => ({}),
): Promise<StoredGraph> {
  const ids = Array.from({ length: size }, () => newUuid());
  const items = ids.map((id, place) => ({
    after: newItem({ id, source: 'test', key: id }, { class: 'server', name: id, ...describe(place) }, firstMoment),
  }));
  await database.commit({ statements: writeItems(items, author, model) });
  let now: (RelationState | undefined)[] = lines.map(() => undefined);
  for (let turn = 0; turn < Math.max(0, ...lines.map(({ turns }) => turns.length)); turn++) {
    const next = lines.map(({ type, from, to, turns }, index) => {
      const [moment, before] = [turns[turn], now[index]];
      if (moment === undefined) return undefined;
      const ends = { id: newUuid(), type, fromId: ids[from] ?? '', toId: ids[to] ?? '', source: 'test' };
      return turn % 2 === 0 ? relate(before, ends, moment) : before && unrelate(before, moment);
    });
    await database.commit({
      statements: writeRelations(
        next.flatMap((relation) => relation ?? []),
        author,
      ),
    });
    now = next.map((relation, index) => relation ?? now[index]);
  }
  return {
    ids,
    at: (moment = lastMoment) =>
      lines
        .filter(({ turns }) => turns.filter((turn) => turn <= moment).length % 2 === 1)
        .map(({ type, from, to }) => ({ type, from: ids[from] ?? '', to: ids[to] ?? '' })),
  };
}
