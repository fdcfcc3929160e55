import type { ResolvedItem } from '../../generated/opora/cmdb/v1/cmdb.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { normaliseName } from '../domain/lookup.ts';
import type { Sight } from '../rights/rights.ts';

interface Found {
  value: string;
  id: string;
  name: string;
  class: string;
  candidates: number;
}

/** The active item behind each name, with one query for all. A lookup goes before an item's own name; among equals the oldest item is taken. */
export async function resolveItems(database: Database, names: readonly string[], sight: Sight): Promise<ResolvedItem[]> {
  const values = [...new Set(names.map(normaliseName))];
  const rows = await database.query<Found>(sql`
    select distinct on (l.value) l.value, i.id, i.name, i.class, (count(*) over (partition by l.value, l.own_name))::int as candidates
    from item_lookup l join item i on i.id = l.item_id
    where l.value = any(${values}::text[]) and ${sight.items('i')}
    order by l.value, l.own_name, i.created_at, i.id`);
  const found = new Map(rows.map((row) => [row.value, row]));
  return names.flatMap((name) => {
    const item = found.get(normaliseName(name));
    return item ? [{ name, itemId: item.id, itemName: item.name, class: item.class, candidates: item.candidates }] : [];
  });
}
