import fc from 'fast-check';
import { newUuid } from '../../../platform/clock/clock.ts';
import { Adjacency } from './adjacency.ts';
import { CompactGraph } from './compact-graph.ts';
import { firstOf } from './first-of.ts';

const types = ['runs_on', 'part_of', 'depends_on'];

describe('a compact graph', () => {
  it('finds items by their ids, gives the ids back, and orders by them as their text does', () => {
    const { items } = new CompactGraph();
    const ids = Array.from({ length: 5_000 }, (_, index) => (index % 2 === 0 ? newUuid() : crypto.randomUUID()));
    const numbers = ids.map((id) => items.numberOf(id));
    expect(numbers).toEqual(ids.map((_, index) => index));
    expect(ids.map((id) => items.find(id))).toEqual(numbers);
    expect(numbers.map((item) => items.idOf(item))).toEqual(ids);
    expect(items.find(newUuid())).toBeUndefined();
    expect(numbers.sort((one, other) => items.compare(one, other)).map((item) => ids[item])).toEqual([...ids].sort());
    const bytes = Buffer.from(`00${(ids[7] ?? '').replaceAll('-', '')}`, 'hex');
    expect(items.numberAt(bytes, 1)).toBe(7);
  });

  it('holds the relations that were told last, whatever was told before and how often', () => {
    const ids = Array.from({ length: 12 }, () => newUuid());
    const place = fc.nat(ids.length - 1);
    const told = fc.array(fc.tuple(place, fc.constantFrom(...types), place, fc.boolean()), { maxLength: 12, size: 'max' });
    fc.assert(
      fc.property(fc.array(told, { maxLength: 30, size: 'max' }), (pages) => {
        const graph = new CompactGraph();
        const there = new Set<string>();
        for (const page of pages) {
          graph.relate(page.map(([from, type, to, isActive]) => ({ fromId: ids[from] ?? '', toId: ids[to] ?? '', type, isActive })));
          for (const [from, type, to, isActive] of page) there[isActive ? 'add' : 'delete'](`${ids[from]} ${type} ${ids[to]}`);
        }
        expect(list(graph, graph.out, (own, type, other) => `${own} ${type} ${other}`)).toEqual([...there].sort());
        expect(list(graph, graph.into, (own, type, other) => `${other} ${type} ${own}`)).toEqual([...there].sort());
        expect(graph.relations).toBe(there.size);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it('moves together what lies apart, and takes no more room than it must', () => {
    const graph = new CompactGraph();
    const ids = Array.from({ length: 500 }, () => newUuid());
    const all = ids.flatMap((fromId, from) => types.map((type, step) => ({ fromId, toId: ids[(from * 7 + step + 1) % ids.length] ?? '', type })));
    const relations = all.filter(({ fromId, toId }) => fromId !== toId);
    for (let turn = 0; turn < 20; turn++) {
      for (const one of relations) graph.relate([{ ...one, isActive: turn % 2 === 0 }]);
      for (const one of [...relations].reverse()) graph.relate([{ ...one, isActive: true }]);
    }
    expect(list(graph, graph.out, (own, type, other) => `${own} ${type} ${other}`)).toEqual(
      relations.map(({ fromId, type, toId }) => `${fromId} ${type} ${toId}`).sort(),
    );
    expect(graph.out.bytes).toBeLessThan(100_000);
  });

  it('turns all relations round', () => {
    const graph = new CompactGraph();
    const relations = Array.from({ length: 3_000 }, () => [fc.sample(fc.nat(99), 1)[0] ?? 0, fc.sample(fc.nat(99), 1)[0] ?? 0] as const);
    for (const [from, to] of relations) graph.out.add(from, to, 0);
    const turned = new Adjacency();
    for (const _ of turned.turn(graph.out, 100));
    const seen = Array.from({ length: 100 }, (_, to) =>
      [...turned.others.subarray(turned.first(to), turned.end(to))].map((from) => `${from} ${to}`),
    ).flat();
    expect(seen.sort()).toEqual(relations.map(([from, to]) => `${from} ${to}`).sort());
  });

  it('gives the first of some in an order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), fc.nat(20), (some, most) => {
        const compare = (one: number, other: number) => other - one;
        expect(firstOf(some, most, compare)).toEqual([...some].sort(compare).slice(0, most));
      }),
      { seed: 5 },
    );
  });
});

function list({ items, types: words }: CompactGraph, way: Adjacency, describe: (own: string, type: string, other: string) => string): string[] {
  const found: string[] = [];
  for (let item = 0; item < items.size; item++) {
    for (let place = way.first(item); place < way.end(item); place++)
      found.push(describe(items.idOf(item), words.at(way.types[place] ?? 0), items.idOf(way.others[place] ?? 0)));
  }
  return found.sort();
}
