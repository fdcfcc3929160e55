import fc from 'fast-check';
import type { AttributeDefinition, IdentifierEntry } from '../model/model.ts';
import type { Found, KnownItem, KnownKey, KnownLink } from './found.ts';
import { type IdentifiedRecord, identifyPage } from './identify-page.ts';
import { type Identifier, toIdentifierKey } from './list-identifiers.ts';
import type { SourceRecord } from './record.ts';
import { identifiersOf } from './said.ts';

const label = { ru: 'Номер', en: 'Number' };
const entries: IdentifierEntry[] = [
  { scheme: 'serial', attributes: ['serialNumber'], label },
  { scheme: 'inventory_number', attributes: ['inventoryNumber'], label },
  { scheme: 'hostname', attributes: ['name'], contradicted: 'another', label },
];
const model = {
  classes: new Map([['server', { abstract: false, identifiers: entries, attributes: new Map<string, AttributeDefinition>() }]]),
  isA: (name: string, ancestor: string) => name === ancestor,
};

interface StoredLink {
  itemId: string;
  identifiers: Identifier[];
  since: number;
  run: number;
  gone: boolean;
  record: SourceRecord;
}

/** What a storage keeps, in memory: what each key of one source last said. */
function keepInventory() {
  const links = new Map<string, StoredLink>();
  const moved = new Map<string, string>();
  const contested = new Set<string>();
  let ids = 0;
  let run = 0;

  function find(): Found {
    const items = new Map<string, KnownItem>();
    for (const { itemId } of links.values()) {
      const own = [...links].filter(([, link]) => link.itemId === itemId);
      const known = own.map(([key, { since, run: last, gone, identifiers }]): KnownLink => {
        const seen = gone ? 'gone' : since === run ? 'new' : last === run ? 'now' : 'before';
        return { source: 'agent', key, seen, identifiers };
      });
      items.set(itemId, { id: itemId, class: 'server', name: '', retired: known.every(({ seen }) => seen === 'gone'), links: known });
    }
    const claims = new Map<string, string[]>();
    for (const retired of [true, false])
      for (const item of items.values())
        if (item.retired === retired)
          for (const key of identifiersOf(item.links).map(toIdentifierKey)) {
            const before = (claims.get(key) ?? []).filter((id) => items.get(id)?.retired === false);
            claims.set(key, [...before, item.id]);
          }
    return {
      keys: new Map([
        ...[...moved].flatMap(([key, to]) => {
          const itemId = links.get(to)?.itemId;
          return itemId === undefined ? [] : [[key, { itemId, movedTo: to }] as [string, KnownKey]];
        }),
        ...[...links].map(([key, { itemId, gone }]): [string, KnownKey] => [key, { itemId, ...(gone && { tombstoned: true }) }]),
      ]),
      contested,
      claims,
      counts: new Map(),
      items,
    };
  }

  /** Keeps what was decided, and gives back what has to wait. */
  function apply({ record, outcome, itemId }: IdentifiedRecord): SourceRecord[] {
    const { key } = record;
    if (key === undefined) throw new Error('The source has keys.');
    if (outcome.kind === 'postponed') return [record];
    if (outcome.kind === 'duplicate_suspected' && outcome.appliesTo === undefined) contested.add(key);
    else contested.delete(key);
    if (itemId === undefined) return [];
    const { claimed, shared } = ('identifiers' in outcome && outcome.identifiers) || { claimed: [], shared: [] };
    const fromKey = 'movesLink' in outcome ? outcome.movesLink?.fromKey : undefined;
    const displaced = 'displaces' in outcome ? outcome.displaces : undefined;
    if (fromKey !== undefined) moved.set(fromKey, key);
    if (fromKey !== undefined) links.delete(fromKey);
    const again = displaced === undefined ? undefined : links.get(displaced)?.record;
    if (displaced !== undefined) links.delete(displaced);
    moved.delete(key);
    const identifiers = [...claimed, ...shared].map(({ scheme, value }) => ({ scheme, value }));
    links.set(key, { itemId, identifiers, since: links.get(key)?.since ?? run, run, gone: false, record });
    return again ? [again] : [];
  }

  function take(page: readonly SourceRecord[], isSnapshot: boolean): SourceRecord[] {
    return identifyPage(page, model, find(), () => `item-${++ids}`, { isSnapshot }).flatMap(apply);
  }

  return {
    /** A whole snapshot, page by page; what it no longer names is gone at its end, and what had to wait for that is decided. */
    takeSnapshot(pages: readonly (readonly SourceRecord[])[]) {
      run++;
      let waiting = pages.flatMap((page) => take(page, true));
      for (const [key, link] of links) if (link.run !== run && !waiting.some((record) => record.key === key)) links.set(key, { ...link, gone: true });
      while (waiting.length > 0) waiting = take([...new Map(waiting.map((record) => [record.key, record])).values()], false);
    },
    /** Which keys stand for one item together, and which are in question; the ids of items are left out, because they are given by chance. */
    describe() {
      const groups = new Map<string, string[]>();
      for (const [key, { itemId, gone }] of links) groups.set(itemId, [...(groups.get(itemId) ?? []), gone ? `(${key})` : key]);
      return { groups: [...groups.values()].map((keys) => keys.sort().join()).sort(), contested: [...contested].sort() };
    },
  };
}

const record = (key: string, name: string, serialNumber?: string): SourceRecord => ({
  source: 'agent',
  key,
  class: 'server',
  name,
  attributes: { ...(serialNumber !== undefined && { serialNumber }) },
});

it('the same snapshots of a source, in any order of their records and pages and doubled, lead to the same items', () => {
  const someRecord = fc
    .tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.constantFrom('n1', 'n2', 'n3'), fc.constantFrom(undefined, 'SER-100', 'SER-200', 'SER-300'))
    .map(([key, name, serial]) => record(key, name, serial));
  const snapshot = fc.uniqueArray(someRecord, { selector: ({ key }) => key, maxLength: 5 });
  const arrivals = fc.array(snapshot, { minLength: 1, maxLength: 3 }).chain((snapshots) =>
    fc.record({
      snapshots: fc.constant(snapshots),
      shuffled: fc.tuple(
        ...snapshots.map((records) =>
          fc
            .shuffledSubarray([...records, ...records], { minLength: records.length * 2 })
            .chain((order) => fc.nat(3).map((size) => cut(order, size + 1))),
        ),
      ),
    }),
  );
  fc.assert(
    fc.property(arrivals, ({ snapshots, shuffled }) => {
      const [straight, other] = [keepInventory(), keepInventory()];
      for (const [at, records] of snapshots.entries()) {
        straight.takeSnapshot([records]);
        other.takeSnapshot(shuffled[at] ?? []);
        expect(other.describe()).toEqual(straight.describe());
      }
    }),
    { numRuns: 600 },
  );
});

function cut<Value>(values: readonly Value[], size: number): Value[][] {
  return values.length === 0 ? [] : [values.slice(0, size), ...cut(values.slice(size), size)];
}
