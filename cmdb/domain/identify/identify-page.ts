import { toCanonicalText } from '../attributes.ts';
import { assignIdentifiers } from './assign-identifiers.ts';
import type { Found, IdentifyingModel, KnownItem, KnownKey } from './found.ts';
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
 * Identifies the records of one page of one source, in their order. Each knows what was decided of those before it, so two records that are the same
 * thing do not become two items, and a database finds the host that came beside it. They are decided hosts first, then known keys, then by key: the
 * order in which they stand in the page makes no difference.
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
  const decide = (record: SourceRecord) => {
    const outcome = identify(record, model, now, options);
    const itemId = itemOf(outcome) ?? (outcome.kind === 'created' ? newId() : undefined);
    decided.set(record, { record, outcome, ...(itemId !== undefined && { itemId }) });
    learn(now, record, outcome, itemId);
    // Who has to leave the item may have been decided already, in this very page.
    const displaced = 'displaces' in outcome ? outcome.displaces : undefined;
    if (displaced !== undefined) for (const other of [...decided.keys()]) if (other.key === displaced) decide(other);
  };
  for (const record of inOrder(records, found)) decide(record);
  return records.flatMap((record) => decided.get(record) ?? []);
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
  const texts = new Map(records.map((record) => [record, `${keys.has(record.key ?? '') ? 0 : 1} ${record.key ?? ''} ${toCanonicalText(record)}`]));
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
  for (const record of [...records].sort((one, other) => ((texts.get(one) ?? '') < (texts.get(other) ?? '') ? -1 : 1))) visit(record);
  return [...ordered];
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

  const before = now.items.get(itemId) ?? { id: itemId, class: record.class, name: record.name, retired: false, links: [] };
  const { claimed, shared } = ('identifiers' in outcome && outcome.identifiers) || { claimed: [], shared: [] };
  const isOld = before.links.some((link) => link.source === source && link.key === key && link.seen !== 'new');
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
  if (key !== undefined && moved !== undefined) now.keys.set(moved, { itemId, movedTo: key });
}

function change(now: Learning, after: KnownItem): void {
  const before = identifiersOf(now.items.get(after.id)?.links ?? []);
  now.items.set(after.id, after);
  for (const assigned of assignIdentifiers(now.claims, [{ itemId: after.id, before, after: identifiersOf(after.links) }]))
    now.claims.set(
      toIdentifierKey(assigned),
      assigned.itemIds.filter((id) => now.items.get(id)?.retired !== true),
    );
}
