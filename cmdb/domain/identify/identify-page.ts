import { toCanonicalText } from '../attributes.ts';
import { assignIdentifiers } from './assign-identifiers.ts';
import { type Found, type IdentifyingModel, identifiersOfItem, type KnownItem, type KnownKey } from './found.ts';
import { type IdentifyOptions, identify } from './identify.ts';
import { toIdentifierKey } from './list-identifiers.ts';
import type { IdentifyOutcome } from './outcome.ts';
import type { SourceRecord } from './record.ts';
import { identifiersOf } from './said.ts';

export interface IdentifiedRecord {
  record: SourceRecord;
  outcome: IdentifyOutcome;
  /** The item that the record is to be written to: the one that it is about, or a new one's id. Undefined: to none, for now. */
  itemId?: string;
}

/**
 * Identifies the records of one page of one source, and gives the outcomes in the order in which they are to be written. Each knows what was decided
 * before it, so two records that are the same thing do not become two items, and a database finds the host that came beside it. Hosts are decided first,
 * then keys that are known, then the others by their key: the order in which they stand in the page makes no difference.
 */
export function identifyPage(
  records: readonly SourceRecord[],
  model: IdentifyingModel,
  found: Found,
  newId: () => string,
  options: IdentifyOptions = {},
): IdentifiedRecord[] {
  const now = copy(found);
  const decided = new Map<SourceRecord, IdentifiedRecord>();
  const decide = (record: SourceRecord, freeId?: string) => {
    const outcome = identify(record, model, now, options);
    const itemId = itemOf(outcome) ?? (outcome.kind === 'created' ? (freeId ?? newId()) : undefined);
    decided.delete(record); // a later decision takes its place, at the end
    decided.set(record, { record, outcome, ...(itemId !== undefined && { itemId }) });
    learn(now, record, outcome, itemId);
    const displaced = 'displaces' in outcome ? outcome.displaces : undefined;
    if (displaced === undefined) return;
    for (const other of [...decided.keys()].filter(({ key }) => key === displaced)) {
      const before = decided.get(other);
      if (before?.outcome.kind === 'created' && before.itemId === itemId) {
        // The item was made for the one that must leave it: it is made for this one.
        forget(now, before.itemId, record.key);
        decide(record, before.itemId);
      }
      decide(other);
    }
  };
  for (const record of inOrder(records, found)) decide(record);
  return [...decided.values()];
}

/** The known item that a record is to be written to. A proposed class change leaves the rest of the record to be written. */
function itemOf(outcome: IdentifyOutcome): string | undefined {
  switch (outcome.kind) {
    case 'linked':
    case 'matched':
    case 'class_change_proposed':
      return outcome.itemId;
    case 'duplicate_suspected':
      return outcome.appliesTo;
    case 'created':
    case 'rejected':
    case 'postponed':
      return undefined;
  }
}

function inOrder(records: readonly SourceRecord[], { keys }: Found): SourceRecord[] {
  const byKey = new Map(records.flatMap((record): [string, SourceRecord][] => (record.key === undefined ? [] : [[record.key, record]])));
  const places = new Map(records.map((record) => [record, `${keys.has(record.key ?? '') ? 0 : 1} ${record.key ?? ''} `]));
  const compare = (one: SourceRecord, other: SourceRecord) => {
    const [place, otherPlace] = [places.get(one) ?? '', places.get(other) ?? ''];
    return place === otherPlace ? compareText(toCanonicalText(one), toCanonicalText(other)) : compareText(place, otherPlace);
  };
  const ordered = new Set<SourceRecord>();
  const visiting = new Set<SourceRecord>();
  const visit = (record: SourceRecord) => {
    if (visiting.has(record)) return;
    visiting.add(record);
    for (const host of Object.values(record.hosts ?? {})) {
      const inPage = 'key' in host ? byKey.get(host.key) : undefined;
      if (inPage) visit(inPage);
    }
    ordered.add(record);
  };
  for (const record of [...records].sort(compare)) visit(record);
  return [...ordered];
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : 1;
}

/** A copy that learns. */
interface Learning extends Found {
  keys: Map<string, KnownKey>;
  contested: Set<string>;
  claims: Map<string, readonly string[]>;
  items: Map<string, KnownItem>;
}

function copy({ keys, contested, claims, counts, items }: Found): Learning {
  return { keys: new Map(keys), contested: new Set(contested), claims: new Map(claims), counts, items: new Map(items) };
}

function learn(now: Learning, record: SourceRecord, outcome: IdentifyOutcome, itemId: string | undefined): void {
  const { source, key } = record;
  if (outcome.kind === 'duplicate_suspected' && outcome.appliesTo === undefined && key !== undefined) now.contested.add(key);
  if (itemId === undefined) return;
  const moved = 'movesLink' in outcome ? outcome.movesLink?.fromKey : undefined;
  const displaced = 'displaces' in outcome ? outcome.displaces : undefined;
  const displacedItem = displaced === undefined ? undefined : now.items.get(now.keys.get(displaced)?.itemId ?? '');
  if (displaced !== undefined) now.keys.delete(displaced);
  if (displacedItem) change(now, { ...displacedItem, links: displacedItem.links.filter((link) => link.source !== source || link.key !== displaced) });

  const leftItem = 'movesLink' in outcome && outcome.movesLink?.fromItem !== undefined ? now.items.get(outcome.movesLink.fromItem) : undefined;
  if (leftItem) change(now, leaveItem(leftItem, source, key));

  const before = now.items.get(itemId) ?? { id: itemId, class: record.class, name: record.name, retired: false, links: [] };
  const { claimed, shared } = ('identifiers' in outcome && outcome.identifiers) || { claimed: [], shared: [] };
  const isNew = before.links.some((link) => link.source === source && link.key === key && link.seen === 'new');
  const isOld = key !== undefined && now.keys.has(key) && !isNew;
  change(now, {
    ...before,
    class: ('specialises' in outcome && outcome.specialises) || before.class,
    name: record.name,
    retired: false,
    links: [
      ...before.links.filter((link) => link.source !== source || ![key ?? '', moved].includes(link.key)),
      { source, key: key ?? '', seen: isOld ? 'now' : 'new', identifiers: [...claimed, ...shared].map(({ scheme, value }) => ({ scheme, value })) },
    ],
  });
  if (key !== undefined) now.keys.set(key, { itemId });
  if (key !== undefined && moved !== undefined) now.keys.set(moved, { ...now.keys.get(moved), itemId, replaced: true });
}

function leaveItem(item: KnownItem, source: string, key: string | undefined): KnownItem {
  const isLeaving = (link: KnownItem['links'][number]) => link.source === source && link.key === key;
  const remains = [...(item.remains ?? []), ...identifiersOf(item.links.filter(isLeaving))];
  return { ...item, links: item.links.filter((link) => !isLeaving(link)), remains };
}

function forget(now: Learning, itemId: string | undefined, key: string | undefined): void {
  const item = now.items.get(itemId ?? '');
  if (!item) return;
  change(now, { ...item, links: [] });
  now.items.delete(item.id);
  if (key !== undefined) now.keys.delete(key);
}

function change(now: Learning, after: KnownItem): void {
  const before = identifiersOfItem(now.items.get(after.id) ?? { links: [] });
  now.items.set(after.id, after);
  for (const assigned of assignIdentifiers(now.claims, [{ itemId: after.id, before, after: identifiersOfItem(after) }]))
    now.claims.set(
      toIdentifierKey(assigned),
      assigned.itemIds.filter((id) => now.items.get(id)?.retired !== true),
    );
}
