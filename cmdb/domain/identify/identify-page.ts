import { toCanonicalText } from '../attributes.ts';
import type { Found, IdentifyingModel, KnownItem, KnownLink } from './found.ts';
import { type IdentifyOptions, identify } from './identify.ts';
import { toIdentifierKey } from './list-identifiers.ts';
import type { IdentifierFate, IdentifyOutcome } from './outcome.ts';
import type { SourceRecord } from './record.ts';

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
  for (const record of inOrder(records, found)) {
    const outcome = identify(record, model, now, options);
    const itemId = itemOf(outcome) ?? (outcome.kind === 'created' ? newId() : undefined);
    decided.set(record, { record, outcome, ...(itemId !== undefined && { itemId }) });
    learn(now, record, outcome, itemId);
  }
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

interface Learning {
  keys: Map<string, Found['keys'] extends ReadonlyMap<string, infer Known> ? Known : never>;
  contested: Set<string>;
  holders: Map<string, string>;
  shared: Set<string>;
  counts: Found['counts'];
  items: Map<string, KnownItem>;
}

function copy(found: Found): Learning {
  return {
    keys: new Map(found.keys),
    contested: new Set(found.contested),
    holders: new Map(found.holders),
    shared: new Set(found.shared),
    counts: found.counts,
    items: new Map(found.items),
  };
}

function learn(now: Learning, record: SourceRecord, outcome: IdentifyOutcome, itemId: string | undefined): void {
  if (outcome.kind === 'duplicate_suspected' && record.key !== undefined) now.contested.add(record.key);
  if (itemId === undefined) return;
  const before = now.items.get(itemId) ?? { id: itemId, class: record.class, name: record.name, retired: false, identifiers: [], links: [] };
  const fate: IdentifierFate = 'identifiers' in outcome ? outcome.identifiers : { claimed: [], shared: [] };
  const left = 'movesLink' in outcome ? outcome.movesLink?.fromKey : 'displaces' in outcome ? outcome.displaces : undefined;
  const links = before.links.filter(({ source, key }) => source !== record.source || (key !== record.key && key !== left));
  const own: KnownLink[] = record.key === undefined ? [] : [{ source: record.source, key: record.key, seen: 'now' }];
  now.items.set(itemId, {
    ...before,
    class: ('specialises' in outcome && outcome.specialises) || before.class,
    name: record.name,
    retired: false,
    identifiers: [...before.identifiers, ...fate.claimed],
    links: [...links, ...own],
  });
  if (record.key !== undefined) now.keys.set(record.key, { itemId });
  if (left !== undefined && record.key !== undefined && outcome.kind === 'matched') now.keys.set(left, { itemId, movedTo: record.key });
  if (left !== undefined && outcome.kind === 'linked') {
    now.keys.delete(left);
    now.contested.add(left);
  }
  for (const identifier of fate.claimed) now.holders.set(toIdentifierKey(identifier), itemId);
  for (const identifier of fate.shared) now.shared.add(toIdentifierKey(identifier));
}
