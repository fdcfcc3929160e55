import { sql } from '../../platform/postgres/sql.ts';
import type { Reason } from '../domain/identify/explain.ts';
import type { Found, KnownItem, KnownKey, KnownLink } from '../domain/identify/found.ts';
import { type Identifier, listIdentifiers, toIdentifierKey } from '../domain/identify/list-identifiers.ts';
import type { SourceRecord } from '../domain/identify/record.ts';
import type { KnownClaims } from './assign-to-items.ts';
import type { PageContext } from './decide-items.ts';
import { type Duplicate, readDuplicates } from './duplicate-store.ts';
import { readClaims } from './identifier-store.ts';
import { type Link, type SaidRecord, speaks } from './link.ts';
import { readItemIds, readLinks } from './link-store.ts';
import { fitAttributes, type ReadRecord } from './source-page.ts';
import { readWholeItems, type WholeItem } from './whole-items.ts';

/** A record as it is identified. */
export interface FittedRecord {
  read: ReadRecord;
  record: SourceRecord & { key: string };
  /** What of it did not fit the model. */
  reasons: Reason[];
}

/** All that the inventory knows of the records of a page that say something new. */
export interface PageFound {
  fitted: FittedRecord[];
  found: Found;
  /** By id; what the page makes of them is decided in them. */
  items: Map<string, WholeItem>;
  /** By key. */
  links: ReadonlyMap<string, Link>;
  known: KnownClaims;
  /** What a person was asked about these keys and has not answered. */
  questions: Duplicate[];
}

/** `known`: keys that have a link. */
export async function findForPage(context: PageContext, records: readonly ReadRecord[], known: ReadonlySet<string>): Promise<PageFound> {
  const { database, model, source, runId } = context;
  const hostKeys = [...new Set(records.flatMap(({ hosts = {} }) => Object.values(hosts)))].filter((key) => !known.has(key));
  const [linked, hosts, questions] = await Promise.all([
    known.size > 0 ? readLinks(database, sql`l.source = ${source} and l.key = any(${[...known]}::text[])`, runId) : [],
    readItemIds(database, source, hostKeys),
    readDuplicates(database, sql`status = 'open' and source = ${source} and key = any(${records.map(({ key }) => key)}::text[])`),
  ]);
  const links = new Map(linked.map((link) => [link.key, link]));
  const told = records.filter(({ key, itemId }) => itemId !== undefined && !links.has(key));
  const fitted = records.map((read) => fitRecord(context, read, links.get(read.key)));
  const hostOf = (record: SourceRecord) => (type: string) => {
    const host = record.hosts?.[type];
    return host && 'key' in host ? (links.get(host.key)?.itemId ?? hosts.get(host.key)) : undefined;
  };
  const said = new Map<string, { identifier: Identifier; times: number }>();
  for (const { record } of fitted) {
    const own = model.classes.get(record.class);
    if (!own) continue;
    for (const { scheme, value } of listIdentifiers(record, own, { hostOf: hostOf(record) }).identifiers) {
      const key = toIdentifierKey({ scheme, value });
      said.set(key, { identifier: { scheme, value }, times: (said.get(key)?.times ?? 0) + 1 });
    }
  }
  const claims = await readClaims(
    database,
    [...said.values()].map(({ identifier }) => identifier),
  );
  const ids = new Set([...linked, ...told].flatMap(({ itemId }) => itemId ?? []).concat([...claims.values()].flat()));
  const items = await readWholeItems(database, [...ids], runId);
  const claimed = new Map<string, Identifier[]>();
  for (const [key, { identifier }] of said) for (const id of claims.get(key) ?? []) claimed.set(id, [...(claimed.get(id) ?? []), identifier]);
  const inPage = new Set(records.map(({ key }) => key));
  const counts = new Map([...said].flatMap(([key, { times }]) => (times > 1 ? [[key, countOf(key, times)] as const] : [])));

  return {
    fitted,
    items,
    links,
    known: { claims, asked: new Set(said.keys()), isRetired: (id) => items.get(id)?.before?.state === 'retired' },
    questions,
    found: {
      keys: new Map([
        ...told.flatMap(({ key, itemId }): [string, KnownKey][] => (itemId === undefined ? [] : [[key, { itemId }]])),
        ...[...hosts].map(([key, itemId]): [string, KnownKey] => [key, { itemId }]),
        ...linked.map((link): [string, KnownKey] => [link.key, toKnownKey(link)]),
      ]),
      contested: new Set(questions.map(({ key }) => key)),
      claims: new Map([...claims].map(([key, itemIds]) => [key, livingOf(itemIds)])),
      counts,
      items: new Map([...items.values()].map((whole) => [whole.id, toKnownItem(whole, context, inPage, claimed.get(whole.id) ?? [])])),
    },
  };

  /** Those in use, or else one that was. */
  function livingOf(itemIds: readonly string[]): readonly string[] {
    const living = itemIds.filter((id) => items.get(id)?.facts.state === 'active');
    return living.length > 0 ? living : itemIds.slice(0, 1);
  }

  /** How many things of the source say it: those of the page, and the one that has it when that is none of them. */
  function countOf(key: string, times: number): number {
    const beside = livingOf(claims.get(key) ?? []).flatMap((id) => [...(items.get(id)?.links.values() ?? [])]);
    return times + beside.filter((link) => link.source === source && speaks(link) && !inPage.has(link.key)).length;
  }
}

function fitRecord({ model, source }: PageContext, came: ReadRecord, link: Link | undefined): FittedRecord {
  const read = came.isPartial && link ? addToSaid(came, link.said) : came;
  const { attributes, reasons } = fitAttributes(model, read.class, read.attributes ?? link?.said.attributes ?? {});
  const hosts = Object.fromEntries(Object.entries(read.hosts ?? {}).map(([type, key]) => [type, { key }]));
  const record = { source, key: read.key, class: read.class, name: read.name, attributes, lookups: read.lookups, hosts };
  return { read, record, reasons };
}

/** A record that says only a part, with what was said before besides. */
export function addToSaid(record: ReadRecord, said: SaidRecord): ReadRecord {
  return {
    ...record,
    name: record.name || (said.name ?? ''),
    attributes: Object.fromEntries([...Object.entries(said.attributes), ...Object.entries(record.attributes ?? {})]),
    lookups: record.lookups.length > 0 ? record.lookups : said.lookups,
  };
}

function toKnownKey({ itemId, goneAt, movedTo }: Link) {
  return { itemId, ...(goneAt !== undefined && { tombstoned: true }), ...(movedTo !== undefined && { replaced: true }) };
}

function toKnownItem(
  { id, facts, links }: WholeItem,
  { source, youngest = Number.POSITIVE_INFINITY }: PageContext,
  inPage: ReadonlySet<string>,
  claimed: readonly Identifier[],
): KnownItem {
  const seenOf = (link: Link): KnownLink['seen'] => {
    if (!speaks(link)) return 'gone';
    if (link.source === source && (link.seq ?? 0) > youngest) return 'new';
    return link.seen || (link.source === source && inPage.has(link.key)) ? 'now' : 'before';
  };
  const known = [...links.values()].map((link) => ({
    source: link.source,
    key: link.key,
    seen: seenOf(link),
    identifiers: speaks(link) || facts.state === 'retired' ? link.said.identifiers : [],
  }));
  const said = new Set(known.flatMap(({ identifiers }) => identifiers.map(toIdentifierKey)));
  const remains = claimed.filter((identifier) => !said.has(toIdentifierKey(identifier)));
  return { id, class: facts.class, name: facts.name, retired: facts.state === 'retired', links: known, ...(remains.length > 0 && { remains }) };
}
