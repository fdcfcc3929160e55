import type { HealthFindingList, ListHealthFindingsRequest } from '../../generated/opora/cmdb/v1/health.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { listHealthRules } from '../domain/health/health-rules.ts';
import { isEmpty } from '../domain/model/check-value.ts';
import { type CompiledModel, classesWithin } from '../domain/model/compile-model.ts';
import { readItems } from '../storage/item-store.ts';
import { firstId } from './measure-store.ts';

/** A page of the items of which something is found, by id. Each class has its own in that order, so that no more of them are read than the page has. */
export async function listFindings(
  database: Database,
  { kind, class: wanted, source, limit = 50, after }: ListHealthFindingsRequest,
  model: CompiledModel,
): Promise<HealthFindingList> {
  const afterId = after === undefined ? firstId : decodeCursor(after, ['uuid'], 'itemId')[0];
  const classes = wanted === undefined ? [...model.classes.keys()] : classesWithin(model, wanted);
  const ofSource = source === undefined ? sql`` : sql`and f.source = ${source}`;
  const page = await database.query<{ id: string }>(sql`select f.item_id as id from unnest(${classes}::text[]) c cross join lateral (
      select distinct f.item_id from health_finding f where f.kind = ${kind} and f.class = c ${ofSource} and f.item_id > ${afterId}::uuid
      order by f.item_id limit ${limit + 1}::int) f order by f.item_id limit ${limit + 1}::int`);
  const ids = page.slice(0, limit).map(({ id }) => id);
  const measured = new Map(listHealthRules(model).map((rules) => [rules.class, rules.measured]));
  const items = await readItems(database, sql`id = any(${ids}::uuid[]) order by id`);
  const last = ids.at(-1);
  return {
    items: items.map(({ id, class: itemClass, name, attributes }) => {
      const { owner, supportTeam } = attributes;
      const missing = kind === 'incomplete' ? (measured.get(itemClass) ?? []).filter((attribute) => isEmpty(attributes[attribute])) : [];
      return {
        itemId: id,
        class: itemClass,
        name,
        ...(typeof owner === 'string' && !model.sensitive.has('owner') && { owner }),
        ...(typeof supportTeam === 'string' && !model.sensitive.has('supportTeam') && { supportTeam }),
        missing,
      };
    }),
    ...(page.length > limit && last !== undefined && { next: encodeCursor([last], 'itemId') }),
  };
}
