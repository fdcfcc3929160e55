import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Place } from '../domain/timeline/place.ts';
import type { ToldEntry, Words } from '../domain/timeline/read-entry.ts';
import { isWithin, type Span } from './span.ts';

/** Writes one row for each event and item; those that are there already stay as they are. In one order, like all that two may write at once. */
export function insertEntries(entries: readonly (ToldEntry & { id: string; type: string })[]): Statement {
  const rows = entries.flatMap(({ itemIds, at, type, id, ref, words, personId, personName, severity }) =>
    itemIds.map((itemId) => ({
      item_id: itemId,
      at: new Date(at).toISOString(),
      type,
      event_id: id,
      ref,
      words,
      person_id: personId,
      person_name: personName,
      severity,
    })),
  );
  return sql`insert into timeline_entry (item_id, at, type, event_id, ref, words, person_id, person_name, severity)
    select item_id, at, type, event_id, ref, words, person_id, person_name, severity
    from json_populate_recordset(null::timeline_entry, ${JSON.stringify(rows)}::json) order by item_id, at, type, event_id on conflict do nothing`;
}

/** What an event told, of those of the asked items that it is about. */
export interface StoredEntry extends Place {
  /** At most 20 of them. */
  itemIds: string[];
  items: number;
  ref: string;
  words: Words;
  personId: string | null;
  personName: string | null;
  severity: string | null;
}

const columns = { at: sql`e.at`, type: sql`e.type`, id: sql`e.event_id`, version: sql`0` };

/** Each item is one probe of the index, and gives no more than the page can take. */
function newestOf(items: Statement, types: readonly string[], span: Span, limit: number): Statement {
  return sql`select k.at, k.type, k.event_id, array_agg(k.item_id order by k.item_id) as items
    from unnest(${items}) as i(id) cross join lateral (
      select e.item_id, e.at, e.type, e.event_id from timeline_entry e where e.item_id = i.id and e.type = any(${types}::text[]) and ${isWithin(span, columns)}
      order by e.at desc, e.type desc, e.event_id desc limit ${limit}::int
    ) k group by k.at, k.type, k.event_id`;
}

/** The newest of what events of these types told of these items, newest first: an event that is about several of them comes once. */
export async function readEntries(
  database: Database,
  { items, types, span, limit }: { items: Statement; types: readonly string[]; span: Span; limit: number },
): Promise<StoredEntry[]> {
  if (types.length === 0) return [];
  const rows = await database.query<Omit<StoredEntry, 'at' | 'version'> & { at: Date }>(
    sql`select k.at, k.type, k.event_id as id, k.items[1:20] as "itemIds", cardinality(k.items) as items, e.ref, e.words, e.person_id as "personId",
        e.person_name as "personName", e.severity
      from (${newestOf(items, types, span, limit)} order by k.at desc, k.type desc, k.event_id desc limit ${limit}::int) k
        join lateral (select * from timeline_entry e where e.item_id = k.items[1] and e.at = k.at and e.type = k.type and e.event_id = k.event_id) e on true
      order by k.at desc, k.type desc, k.event_id desc`,
  );
  return rows.map(({ at, ...row }) => ({ ...row, at: at.getTime(), version: 0 }));
}

/** How many events of these types told of these items, but no more than `most`. */
export async function countEntries(
  database: Database,
  { items, types, span, most }: { items: Statement; types: readonly string[]; span: Span; most: number },
): Promise<number> {
  if (types.length === 0) return 0;
  const [row] = await database.query<{ count: number }>(
    sql`select count(*)::int as count from (${newestOf(items, types, span, most)} limit ${most}::int) counted`,
  );
  return row?.count ?? 0;
}
