import type { CauseList, GraphDrawing, PathList } from '../../../generated/opora/cmdb/v1/graph.ts';
import type { Ask } from './ask.ts';
import { type Person, sees, type World } from './world.ts';

/** Who asks, how, of which world; and the id of what never was. */
interface Asking {
  person: Person;
  ask: Ask;
  world: World;
  never: string;
}

/** Paths go through what is hidden, with a step without a name. */
export async function expectPaths({ person, ask, world, never }: Asking): Promise<void> {
  for (const [from, first] of world.things.entries()) {
    for (const [to, last] of world.things.entries()) {
      if (from === to) continue;
      const question = { from: first.item.id, to: last.item.id, type: ['depends_on'], limit: 5 };
      const told = await ask('FindPaths', question);
      const hidden = [first, last].find((thing) => !sees(person, thing));
      if (hidden) {
        const none = await ask('FindPaths', { ...question, from: never });
        expect([told.outcome, told.text]).toEqual(['not_found', none.text.replaceAll(never, hidden.item.id)]);
        continue;
      }
      const way = from < to ? world.things.slice(from, to + 1) : world.things.slice(to, from + 1).reverse();
      // Methods are asked by their names here, so the compiler does not know their answers; so below.
      const { items, length, hidden: count } = told.answer as unknown as PathList;
      expect(items.map(({ steps }) => steps.map(({ item }) => item?.id))).toEqual([
        way.map((thing) => (sees(person, thing) ? thing.item.id : undefined)),
      ]);
      expect([length, count]).toEqual([way.length - 1, way.filter((thing) => !sees(person, thing)).length]);
    }
  }
}

/** What is hidden is drawn without a name, and what it leads to besides is not told. */
export async function expectDrawings({ person, ask, world, never }: Asking): Promise<void> {
  for (const [place, thing] of world.things.entries()) {
    const question = { item: [thing.item.id], depth: 2, type: ['depends_on'], perLevel: 50 };
    const told = await ask('DrawGraph', question);
    if (!sees(person, thing)) {
      const none = await ask('DrawGraph', { ...question, item: [never] });
      expect([told.outcome, told.text]).toEqual(['not_found', none.text.replaceAll(never, thing.item.id)]);
      continue;
    }
    const { nodes, edges, hidden } = told.answer as unknown as GraphDrawing;
    const around = world.things.slice(Math.max(0, place - 2), place + 3);
    const shown = nodes.flatMap(({ item, key, hidden: is }) => (item?.id === key && !is ? [item.id] : []));
    expect(shown.sort()).toEqual(
      around
        .filter((one) => sees(person, one))
        .map(({ item }) => item.id)
        .sort(),
    );
    expect([nodes.length, edges.length, hidden]).toEqual([around.length, around.length - 1, around.length - shown.length]);
    const keys = new Set(nodes.map(({ key }) => key));
    expect(edges.every(({ from, to }) => keys.has(from) && keys.has(to))).toBe(true);
    const beyond = nodes.filter(({ more }) => more.length > 0).map(({ item }) => item?.id);
    const ends = [world.things[place - 2], world.things[place + 2]].filter(
      (one) => one && sees(person, one) && one !== world.things[0] && one !== world.things.at(-1),
    );
    expect(beyond.sort()).toEqual(ends.map((one) => one?.item.id).sort());
  }
}

/** Causes are found among all; what is hidden has neither name nor reason. */
export async function expectCauses({ person, ask, world, never }: Asking): Promise<void> {
  for (const [place, thing] of world.things.entries()) {
    const { id } = thing.item;
    const questions: [string, object][] = [
      ['FindCausesOfItem', { id, with: [] }],
      ['FindCauses', { items: [id], up: [] }],
    ];
    for (const [method, question] of questions) {
      const told = await ask(method, question);
      if (!sees(person, thing)) {
        const none = await ask(method, { ...question, ...('id' in question ? { id: never } : { items: [never] }) });
        expect([told.outcome, told.text]).toEqual(['not_found', none.text.replaceAll(never, id)]);
        continue;
      }
      const before = world.things.slice(Math.max(0, place - 6), place + 1);
      const { causes, candidates, unexplained, hidden } = told.answer as unknown as CauseList;
      const shown = candidates.flatMap(({ items }) => items.flatMap(({ item }) => item?.id ?? []));
      expect(shown.sort()).toEqual(
        before
          .filter((one) => sees(person, one))
          .map(({ item }) => item.id)
          .sort(),
      );
      expect([candidates.length, hidden]).toEqual([before.length, before.length - shown.length]);
      for (const { items } of candidates) for (const one of items) expect(one.reasons.length > 0).toBe(!one.hidden);
      expect([causes.map(({ items }) => items.map(({ item }) => item?.id)), unexplained]).toEqual([[[id]], []]);
    }
    const other = world.things.find((one) => !sees(person, one));
    if (other && sees(person, thing)) expect((await ask('FindCauses', { items: [id], up: [other.item.id] })).outcome).toBe('not_found');
  }
}
