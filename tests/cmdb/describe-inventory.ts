import { toCanonicalText } from '../../cmdb/domain/attributes.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';

/** What is so of items in use, who says so, by what they are recognised, and how they are related: everything but times and versions. */
export async function describeInventory(database: Database): Promise<string> {
  const items = await database.query(sql`select i.id, i.class, i.name, i.attributes, i.lookups, i.merged_into,
      (select jsonb_object_agg(p.key, p.value - 'at') from jsonb_each(i.provenance) p) as provenance,
      (select jsonb_agg(jsonb_build_array(l.source, l.key, encode(l.hash, 'hex'), l.said, l.contested, l.missing_since is null) order by l.source, l.key)
        from item_link l where l.item_id = i.id and l.gone_at is null and l.moved_to is null) as links
    from item i where i.state = 'active' order by i.id`);
  const identifiers = await database.query(sql`select d.scheme, d.value, array_agg(i.id order by i.id) as items
    from item_identifier d join item i on i.id = any(d.item_ids) and i.state = 'active' group by 1, 2 order by 1, 2`);
  const relations = await database.query(sql`select r.type, r.from_id, r.to_id, r.source,
      (select array_agg(l.source || ' ' || l.from_key || ' ' || l.to_key order by 1) from relation_link l where l.relation_id = r.id and l.gone_at is null) as links
    from relation r where r.state = 'active' order by 1, 2, 3`);
  return toCanonicalText({ items, identifiers, relations });
}
