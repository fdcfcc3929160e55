import type { TimelineEntry } from '../../generated/opora/cmdb/v1/timeline.ts';
import { writeTitle } from '../../platform/contract/write-title.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { diffItems } from '../domain/history/diff-items.ts';
import { nameItemChange, nameRelationChange } from '../domain/timeline/name-change.ts';
import { tellDifferences } from '../history/histories.ts';
import { readVersionsAt } from '../storage/history-store.ts';
import type { StoredEntry } from './entry-store.ts';
import type { ItemFact, RelationFact } from './read-facts.ts';
import type { Entry, TimelineParts } from './read-timeline.ts';

type Described = Pick<TimelineEntry, 'title' | 'service'> & Partial<TimelineEntry>;

/** Entries in words: with the names of what they are about, and with what a version has otherwise than the one before. */
export async function describeEntries(parts: TimelineParts, entries: readonly Entry[]): Promise<TimelineEntry[]> {
  const { database, rights } = parts;
  const facts = entries.flatMap((entry) => (entry.type === 'item' ? [entry as ItemFact] : []));
  const places = facts.flatMap(({ itemId, version }) => [version, version - 1].flatMap((one) => (one > 0 ? [{ itemId, version: one }] : [])));
  const [names, found] = await Promise.all([readNames(parts, entries), places.length > 0 ? readVersionsAt(database, places, rights.sight) : []]);
  const versions = new Map(found.map((version) => [`${version.itemId} ${version.version}`, version]));
  return entries.map((entry) => {
    const ids = 'itemIds' in entry ? entry.itemIds : [entry.itemId];
    const { title, ...described } = describe(entry);
    return {
      at: new Date(entry.at).toISOString(),
      kind: entry.type,
      id: entry.id,
      ...(entry.version > 0 && { version: entry.version }),
      title,
      about: ids.flatMap((id) => (names.has(id) ? [{ id, name: names.get(id) ?? '' }] : [])),
      aboutMore: 'items' in entry ? entry.items - ids.length : 0,
      ...(entry.personId !== null && { personId: entry.personId }),
      ...(entry.personName !== null && { personName: entry.personName }),
      differences: [],
      masked: [],
      unauthorised: false,
      ...described,
    };
  });

  function describe(entry: Entry): Described {
    if ('itemIds' in entry) return describeTold(parts, entry);
    const { changeSetId, reason, unauthorised } = entry;
    const why = { service: 'cmdb', ...(changeSetId !== null && { changeSetId }), ...(reason !== null && { reason }), unauthorised };
    return { ...why, ...(entry.type === 'item' ? describeVersion(entry) : describeRelation(parts, entry, names)) };
  }

  function describeVersion({ itemId, version }: ItemFact): Omit<Described, 'service'> {
    const after = versions.get(`${itemId} ${version}`);
    const before = versions.get(`${itemId} ${version - 1}`);
    if (!after) return { title: nameItemChange({ version, name: names.get(itemId) ?? '', state: 'active' }, undefined, []) };
    const differences = before ? diffItems(before, after) : [];
    return { title: nameItemChange(after, before, differences), ...tellDifferences(differences, rights.masked) };
  }
}

function describeTold({ declared }: TimelineParts, { type, words, ref, severity }: StoredEntry): Described & { kind: string; type: string } {
  const event = declared.get(type);
  if (!event) throw new Error(`The contract has no timeline of ${type}.`);
  const { timeline, source } = event;
  return { kind: timeline.kind, type, service: source, title: writeTitle(timeline.title, words), ref, ...(severity !== null && { severity }) };
}

function describeRelation(
  { model }: TimelineParts,
  { state, version, relationType, otherId, isOut }: RelationFact,
  names: ReadonlyMap<string, string>,
): Omit<Described, 'service'> {
  const type = model.relationTypes.get(relationType);
  const label = (isOut ? type?.label : type?.inverse) ?? { ru: relationType, en: relationType };
  return { title: nameRelationChange({ state, version, label, otherName: names.get(otherId) ?? '' }), ref: otherId };
}

async function readNames({ database }: TimelineParts, entries: readonly Entry[]): Promise<Map<string, string>> {
  const ids = entries.flatMap((entry) => ('itemIds' in entry ? entry.itemIds : 'otherId' in entry ? [entry.itemId, entry.otherId] : [entry.itemId]));
  if (ids.length === 0) return new Map();
  const rows = await database.query<{ id: string; name: string }>(sql`select id, name from item where id = any(${[...new Set(ids)]}::uuid[])`);
  return new Map(rows.map(({ id, name }) => [id, name]));
}
