import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Place } from '../domain/timeline/place.ts';
import type { Sight } from '../rights/rights.ts';
import { isWithin, type Span } from './span.ts';

/** Which part of what the CMDB itself knows of items is read: newest first, no more than `limit`. */
export interface FactsAsked {
  /** Their ids, as an array of PostgreSQL. */
  items: Statement;
  span: Span;
  sight: Sight;
  limit: number;
}

interface Authored extends Place {
  itemId: string;
  personId: string;
  personName: string;
  changeSetId: string | null;
  reason: string | null;
  unauthorised: boolean;
}

/** A version of an item, where it began. */
export interface ItemFact extends Authored {
  type: 'item';
}

/** A version of a relation, where it began; `itemId` is the end of it that was asked about. */
export interface RelationFact extends Authored {
  type: 'relation';
  state: 'active' | 'removed';
  relationType: string;
  otherId: string;
  /** The relation begins at the item. */
  isOut: boolean;
}

const author = (table: Statement) =>
  sql`${table}.actor_id as "personId", ${table}.actor_name as "personName", ${table}.change_set_id as "changeSetId", ${table}.reason, ${table}.unauthorised`;

/** The versions of items that hold now. */
export function readPresentVersions(database: Database, { items, span, limit }: FactsAsked): Promise<ItemFact[]> {
  const within = isWithin(span, { at: sql`i.updated_at`, type: sql`'item'`, id: sql`i.id`, version: sql`i.version` });
  return readItems(
    database,
    sql`select i.id, i.id as "itemId", i.version, i.updated_at as at, ${author(sql`i`)} from item i
      where i.id = any(${items}) and ${within} order by i.updated_at desc, i.id desc, i.version desc limit ${limit}::int`,
  );
}

/** Versions that have ended. Of an item that has not changed since the span begins, none is within it. */
export function readEndedVersions(database: Database, { items, span, sight, limit }: FactsAsked): Promise<ItemFact[]> {
  const within = isWithin(span, {
    at: sql`item_version.valid_from`,
    type: sql`'item'`,
    id: sql`item_version.item_id`,
    version: sql`item_version.version`,
  });
  const [changedSince, endedSince] =
    span.from === undefined ? [sql``, sql``] : [since(sql`i.updated_at`, span.from), since(sql`item_version.valid_to`, span.from)];
  return readItems(
    database,
    sql`select v.* from item i cross join lateral (
        select item_id as id, item_id as "itemId", version, valid_from as at, ${author(sql`item_version`)} from item_version
        where item_version.item_id = i.id ${endedSince} and ${within} and ${sight.versions} order by valid_from desc, version desc limit ${limit}::int
      ) v where i.id = any(${items}) and i.version > 1 ${changedSince} order by v.at desc, v.id desc, v.version desc limit ${limit}::int`,
  );
}

/** Where relations of items began, for the first time: by an index of those that began after -infinity, which is all of them, so that no other question takes it. */
export async function readBegunRelations(database: Database, isOut: boolean, { items, span, sight, limit }: FactsAsked): Promise<RelationFact[]> {
  const [own, other] = endsOf(isOut);
  const within = isWithin(span, { at: sql`r.created_at`, type: sql`'relation'`, id: sql`r.id`, version: sql`1` });
  return readRelations(
    database,
    isOut,
    sql`select k.*, 1 as version, 'active' as state, coalesce(v.actor_id, k.actor_id) as "personId", coalesce(v.actor_name, k.actor_name) as "personName",
        case when v.version is null then k.change_set_id else v.change_set_id end as "changeSetId", case when v.version is null then k.reason else v.reason end as reason,
        coalesce(v.unauthorised, k.unauthorised) as unauthorised
      from (select k.* from unnest(${items}) as i(id) cross join lateral (
          select r.id, i.id as "itemId", r.${other} as "otherId", r.type as "relationType", r.created_at as at, r.version as present, r.actor_id, r.actor_name,
            r.change_set_id, r.reason, r.unauthorised
          from relation r where r.${own} = i.id and r.created_at > '-infinity' and ${within} and ${isSeen(sight, sql`r.${other}`)} order by r.created_at desc, r.id desc limit ${limit}::int
        ) k order by k.at desc, k.id desc limit ${limit}::int) k
        left join relation_version v on k.present > 1 and v.relation_id = k.id and v.version = 1
      order by k.at desc, k.id desc`,
  );
}

/** Where relations of items changed: a version that has ended tells when the next one began. */
export async function readChangedRelations(database: Database, isOut: boolean, { items, span, sight, limit }: FactsAsked): Promise<RelationFact[]> {
  const [own, other] = endsOf(isOut);
  const within = isWithin(span, { at: sql`v.valid_to`, type: sql`'relation'`, id: sql`v.relation_id`, version: sql`(v.version + 1)` });
  return readRelations(
    database,
    isOut,
    sql`select k.*, r.type as "relationType", coalesce(n.state, r.state) as state, coalesce(n.actor_id, r.actor_id) as "personId",
        coalesce(n.actor_name, r.actor_name) as "personName", case when n.version is null then r.change_set_id else n.change_set_id end as "changeSetId",
        case when n.version is null then r.reason else n.reason end as reason, coalesce(n.unauthorised, r.unauthorised) as unauthorised
      from (select k.* from unnest(${items}) as i(id) cross join lateral (
          select v.relation_id as id, i.id as "itemId", v.${other} as "otherId", v.valid_to as at, v.version + 1 as version from relation_version v
          where v.${own} = i.id and ${within} and ${isSeen(sight, sql`v.${other}`)} order by v.valid_to desc, v.relation_id desc, v.version desc limit ${limit}::int
        ) k order by k.at desc, k.id desc, k.version desc limit ${limit}::int) k
        join relation r on r.id = k.id
        left join relation_version n on k.version < r.version and n.relation_id = k.id and n.version = k.version
      order by k.at desc, k.id desc, k.version desc`,
  );
}

function endsOf(isOut: boolean): [Statement, Statement] {
  return isOut ? [sql`from_id`, sql`to_id`] : [sql`to_id`, sql`from_id`];
}

/** A relation is seen with both of its ends. */
function isSeen(sight: Sight, id: Statement): Statement {
  return sight.seesAll ? sql`true` : sql`exists (select 1 from item other where other.id = ${id} and ${sight.items('other')})`;
}

function since(column: Statement, from: number): Statement {
  return sql`and ${column} >= ${new Date(from)}::timestamptz`;
}

async function readItems(database: Database, statement: Statement): Promise<ItemFact[]> {
  const rows = await database.query<Omit<ItemFact, 'at' | 'type'> & { at: Date }>(statement);
  return rows.map(({ at, ...row }) => ({ ...row, at: at.getTime(), type: 'item' }));
}

async function readRelations(database: Database, isOut: boolean, statement: Statement): Promise<RelationFact[]> {
  const rows = await database.query<Omit<RelationFact, 'at' | 'type' | 'isOut'> & { at: Date }>(statement);
  return rows.map(({ at, ...row }) => ({ ...row, at: at.getTime(), type: 'relation', isOut }));
}
