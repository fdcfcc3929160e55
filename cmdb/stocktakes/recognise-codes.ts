import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { normaliseName } from '../domain/lookup.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { readCode } from '../domain/stocktake/read-code.ts';

/** An item that a code may be about. */
export interface RecognisedItem {
  id: string;
  name: string;
  site?: string;
  isActive: boolean;
  /** `id`, the scheme of an identifier, `lookup` or `name`. */
  by: string;
}

interface Hit {
  code: string;
  /** The lowest is the best. */
  rank: number;
  by: string;
  id: string;
  name: string;
  site: string | null;
  state: string;
}

/**
 * The items that codes may be about, of each code those by the best that it can be: the item's own id, an identifier, a host name or address, its name. Those in use
 * go before those that were. Three queries, however many codes.
 */
export async function recogniseCodes(database: Database, model: CompiledModel, codes: readonly string[]): Promise<Map<string, RecognisedItem[]>> {
  const distinct = [...new Set(codes)];
  const readings = distinct.flatMap((code) => readCode(code, model).map((reading) => ({ ...reading, code })));
  const whole = readings.filter(({ isPart }) => !isPart);
  const parts = readings.filter(({ isPart }) => isPart);
  const ids = distinct.filter((code) => uuid.test(code.trim()));
  const asRows = (some: typeof readings) =>
    sql`unnest(${some.map(({ code }) => code)}::text[], ${some.map(({ scheme }) => scheme)}::text[], ${some.map(({ value }) => value)}::text[]) as w(code, scheme, value)`;
  const item = sql`i.id, i.name, i.site, i.state`;
  const pages = await Promise.all([
    database.query<Hit>(sql`select w.code, 1 as rank, w.scheme as by, ${item} from ${asRows(whole)}
      join item_identifier d on d.scheme = w.scheme and d.value = w.value join item i on i.id = any(d.item_ids)`),
    database.query<Hit>(sql`select w.code, 2 as rank, w.scheme as by, ${item} from ${asRows(parts)}
      join item_identifier d on d.scheme = w.scheme and split_part(d.value, '|', 1) = w.value and d.value like '%|%' join item i on i.id = any(d.item_ids)`),
    database.query<Hit>(sql`select w.code, case when l.own_name then 4 else 3 end as rank, case when l.own_name then 'name' else 'lookup' end as by, ${item}
      from unnest(${distinct}::text[], ${distinct.map(normaliseName)}::text[]) as w(code, value) join item_lookup l on l.value = w.value join item i on i.id = l.item_id
      union all select w.code, 0, 'id', ${item} from unnest(${ids}::text[], ${ids.map((id) => id.trim())}::uuid[]) as w(code, id) join item i on i.id = w.id`),
  ]);
  const found = new Map<string, Hit[]>();
  for (const hit of pages.flat()) found.set(hit.code, [...(found.get(hit.code) ?? []), hit]);
  return new Map([...found].map(([code, hits]) => [code, best(hits)]));
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function best(hits: readonly Hit[]): RecognisedItem[] {
  const living = hits.filter(({ state }) => state === 'active');
  const some = living.length > 0 ? living : hits;
  const rank = Math.min(...some.map((hit) => hit.rank));
  const items = some.flatMap((hit): RecognisedItem[] =>
    hit.rank === rank
      ? [{ id: hit.id, name: hit.name, isActive: hit.state === 'active', by: hit.by, ...(hit.site !== null && { site: hit.site }) }]
      : [],
  );
  return [...new Map(items.map((one) => [one.id, one])).values()];
}
