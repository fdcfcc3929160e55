import fc from 'fast-check';
import type { AttributeDefinition, IdentifierEntry } from '../model/model.ts';
import { type Found, identifiersOfItem, type KnownItem, type KnownKey, type KnownLink } from './found.ts';
import { type IdentifiedRecord, identifyPage } from './identify-page.ts';
import { type Identifier, toIdentifierKey } from './list-identifiers.ts';
import type { SourceRecord } from './record.ts';

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
  const moved = new Map<string, { itemId: string; gone: boolean }>();
  const remains = new Map<string, Identifier[]>();
  const contested = new Set<string>();
  let ids = 0;
  let run = 0;

  function describeItem(id: string, name: string, known: KnownLink[]): KnownItem {
    const retired = known.every(({ seen }) => seen === 'gone');
    return { id, class: 'server', name, retired, links: known, remains: remains.get(id) ?? [] };
  }

  function find(): Found {
    const items = new Map<string, KnownItem>();
    for (const { itemId } of links.values()) {
      const own = [...links].filter(([, link]) => link.itemId === itemId);
      const known = own.map(([key, { since, run: last, gone, identifiers }]): KnownLink => {
        const seen = gone ? 'gone' : since === run ? 'new' : last === run ? 'now' : 'before';
        return { source: 'agent', key, seen, identifiers };
      });
      items.set(itemId, describeItem(itemId, own.at(-1)?.[1].record.name ?? '', known));
    }
    for (const itemId of remains.keys()) if (!items.has(itemId)) items.set(itemId, describeItem(itemId, '', []));
    const claims = new Map<string, string[]>();
    for (const retired of [true, false])
      for (const item of items.values())
        if (item.retired === retired)
          for (const key of identifiersOfItem(item).map(toIdentifierKey)) {
            const before = (claims.get(key) ?? []).filter((id) => items.get(id)?.retired === false);
            claims.set(key, [...before, item.id]);
          }
    return {
      keys: new Map([
        ...[...moved].map(([key, { itemId, gone }]): [string, KnownKey] => [key, { itemId, replaced: true, ...(gone && { tombstoned: true }) }]),
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
    const fromItem = 'movesLink' in outcome ? outcome.movesLink?.fromItem : undefined;
    if (fromItem !== undefined) remains.set(fromItem, [...(remains.get(fromItem) ?? []), ...(links.get(key)?.identifiers ?? [])]);
    if (fromItem !== undefined) links.delete(key);
    if (fromKey !== undefined) moved.set(fromKey, { itemId, gone: links.get(fromKey)?.gone === true });
    if (fromKey !== undefined) links.delete(fromKey);
    const other = displaced === undefined ? undefined : links.get(displaced);
    // One that the source has not named yet speaks for itself when it does.
    const again = other?.run === run ? other.record : undefined;
    if (displaced !== undefined) links.delete(displaced);
    const since = links.get(key)?.since ?? (moved.has(key) ? 0 : run);
    moved.delete(key);
    const identifiers = [...claimed, ...shared].map(({ scheme, value }) => ({ scheme, value }));
    links.set(key, { itemId, identifiers, since, run, gone: false, record });
    return again ? [again] : [];
  }

  function take(page: readonly SourceRecord[], isSnapshot: boolean): SourceRecord[] {
    const decided = identifyPage(page, model, find(), () => `item-${++ids}`, { isSnapshot });
    const told = new Set(page.map(({ key }) => key));
    return decided.flatMap((one) => apply(one).filter((again) => one.outcome.kind === 'postponed' || !told.has(again.key)));
  }

  return {
    /** A whole snapshot, page by page; what it no longer names is gone at its end, and what had to wait for that is decided. */
    takeSnapshot(pages: readonly (readonly SourceRecord[])[]) {
      run++;
      const waiting = new Map<string | undefined, SourceRecord>();
      for (const page of pages) {
        for (const { key } of page) waiting.delete(key);
        for (const record of take(page, true)) waiting.set(record.key, record);
      }
      for (const [key, link] of links) if (link.run !== run && !waiting.has(key)) links.set(key, { ...link, gone: true });
      let last = [...waiting.values()];
      while (last.length > 0) last = take(last, false);
    },
    /** Which keys stand for one living item together, and which are in question; the ids of items are left out, because they are given by chance. */
    describe() {
      const groups = new Map<string, string[]>();
      for (const [key, { itemId, gone }] of links) if (!gone) groups.set(itemId, [...(groups.get(itemId) ?? []), key]);
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
  // Keys come and go, and several may have one serial number, at once or one after the other; a key keeps its own. Names change at will.
  const serials: Readonly<Record<string, string>> = { a: 'SER-100', b: 'SER-200', c: 'SER-100', d: 'SER-300', e: 'SER-200', f: 'SER-100' };
  const someRecord = fc
    .tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), fc.constantFrom('n1', 'n2', 'n3'))
    .map(([key, name]) => record(key, name, serials[key]));
  const snapshot = fc.uniqueArray(someRecord, { selector: ({ key }) => key, maxLength: 8 });
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
    { numRuns: 400 },
  );
});

function cut<Value>(values: readonly Value[], size: number): Value[][] {
  return values.length === 0 ? [] : [values.slice(0, size), ...cut(values.slice(size), size)];
}
