import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Attributes } from '../domain/attributes.ts';
import type { ItemState, Provenance } from '../domain/item.ts';
import type { RelationState } from '../domain/relation.ts';
import type { Sight } from '../rights/rights.ts';
import type { Author } from './item-store.ts';

/** What every version says of itself. Times are epoch milliseconds; the version that holds now has no end. */
interface Valid extends Author {
  version: number;
  validFrom: number;
  validTo?: number;
  /** Something was changed that needs an approved change, and there was none. */
  unauthorised: boolean;
}

export interface ItemVersionState extends Valid {
  itemId: string;
  class: string;
  name: string;
  attributes: Attributes;
  lookups: readonly string[];
  state: ItemState['state'];
}

export interface RelationVersionState extends Valid {
  relationId: string;
  fromId: string;
  toId: string;
  source: string;
  state: RelationState['state'];
}

interface ValidRow {
  version: number;
  valid_from: Date;
  valid_to: Date | null;
  actor_id: string;
  actor_name: string;
  trace_id: string | null;
  change_set_id: string | null;
  reason: string | null;
  unauthorised: boolean;
}

interface ItemVersionRow extends ValidRow {
  item_id: string;
  class: string;
  name: string;
  attributes: Attributes;
  lookups: string[];
  state: ItemState['state'];
}

interface RelationVersionRow extends ValidRow {
  relation_id: string;
  from_id: string;
  to_id: string;
  source: string;
  state: RelationState['state'];
}

const highestVersion = 2 ** 31 - 1;
const presentItem = sql`select id as item_id, version, updated_at as valid_from, null::timestamptz as valid_to, class, name, attributes, lookups, state,
  actor_id, actor_name, trace_id, change_set_id, reason, unauthorised from item`;
const endedItem = sql`select item_id, version, valid_from, valid_to, class, name, attributes, lookups, state,
  actor_id, actor_name, trace_id, change_set_id, reason, unauthorised from item_version`;
const presentRelation = sql`select id as relation_id, version, updated_at as valid_from, null::timestamptz as valid_to, from_id, to_id, source, state,
  actor_id, actor_name, trace_id, change_set_id, reason, unauthorised from relation`;
const endedRelation = sql`select relation_id, version, valid_from, valid_to, from_id, to_id, source, state,
  actor_id, actor_name, trace_id, change_set_id, reason, unauthorised from relation_version`;

/** Versions of an item below `before`, newest first; the one that holds now is the newest. */
export async function readVersions(
  database: Database,
  itemId: string,
  { before = highestVersion, limit, sight }: { before?: number | undefined; limit: number; sight: Sight },
): Promise<ItemVersionState[]> {
  const below = Math.trunc(Math.min(Math.max(before, 0), highestVersion)); // a cursor may hold any number
  return readItemVersions(
    database,
    sql`${presentItem} where id = ${itemId} and version < ${below}::int and ${sight.items()}
      union all (${endedItem} where item_id = ${itemId} and version < ${below}::int and ${sight.versions} order by version desc limit ${limit}::int)
      order by version desc limit ${limit}::int`,
  );
}

export interface VersionPlace {
  itemId: string;
  version: number;
}

/** These versions, those of them that there are, by item: at most one of each. */
export async function readTheseVersions(database: Database, places: readonly VersionPlace[], sight: Sight): Promise<Map<string, ItemVersionState>> {
  return new Map((await readVersionsAt(database, places, sight)).map((version) => [version.itemId, version]));
}

/** The same for several versions of an item, in no order. */
export async function readVersionsAt(database: Database, places: readonly VersionPlace[], sight: Sight): Promise<ItemVersionState[]> {
  const wanted = sql`unnest(${places.map(({ itemId }) => itemId)}::uuid[], ${places.map(({ version }) => version)}::int[]) as w(id, version)`;
  return readItemVersions(
    database,
    sql`${presentItem} where (id, version) in (select * from ${wanted}) and ${sight.items()}
      union all ${endedItem} where (item_id, version) in (select * from ${wanted}) and ${sight.versions}`,
  );
}

/** The same of relations (`itemId` is the relation's), each with its type. Who may see them was asked before. */
export async function readTheseRelationVersions(
  database: Database,
  places: readonly VersionPlace[],
): Promise<Map<string, RelationVersionState & { type: string }>> {
  const wanted = sql`unnest(${places.map(({ itemId }) => itemId)}::uuid[], ${places.map(({ version }) => version)}::int[]) as w(id, version)`;
  const [found, types] = await Promise.all([
    readVersionsOfRelations(
      database,
      sql`${presentRelation} where (id, version) in (select * from ${wanted}) union all ${endedRelation} where (relation_id, version) in (select * from ${wanted})`,
    ),
    database.query<{ id: string; type: string }>(sql`select id, type from relation where id = any(${places.map(({ itemId }) => itemId)}::uuid[])`),
  ]);
  const typeOf = new Map(types.map(({ id, type }) => [id, type]));
  return new Map(found.map((version) => [version.relationId, { ...version, type: typeOf.get(version.relationId) ?? '' }]));
}

/** What was so of these items at a moment; items that were not there yet are left out. */
export async function readItemsAsOf(
  database: Database,
  ids: readonly string[],
  moment: number,
  sight: Sight,
): Promise<Map<string, ItemVersionState>> {
  const at = new Date(moment);
  const found = await readItemVersions(
    database,
    sql`${presentItem} where id = any(${ids}::uuid[]) and updated_at <= ${at} and ${sight.items()}
      union all ${endedItem} where item_id = any(${ids}::uuid[]) and valid_from <= ${at} and valid_to > ${at} and ${sight.versions}`,
  );
  return new Map(found.map((version) => [version.itemId, version]));
}

export async function readRelationVersions(database: Database, relationId: string, sight: Sight): Promise<RelationVersionState[]> {
  const isVisible = sight.seesAll ? sql`true` : sql`exists (select 1 from relation where id = ${relationId} and ${sight.relations})`;
  return readVersionsOfRelations(
    database,
    sql`${presentRelation} where id = ${relationId} and ${isVisible}
      union all ${endedRelation} where relation_id = ${relationId} and ${isVisible} order by version desc`,
  );
}

/** Versions that a change set made, page by page in the order of ids: those that hold now and those that were changed again since. */
export async function readItemsOfChangeSet(database: Database, changeSetId: string, afterId: string, limit: number): Promise<ItemVersionState[]> {
  return readItemVersions(
    database,
    sql`(${presentItem} where change_set_id = ${changeSetId} and id > ${afterId}::uuid order by id limit ${limit}::int)
      union all (${endedItem} where change_set_id = ${changeSetId} and item_id > ${afterId}::uuid order by item_id limit ${limit}::int)
      order by item_id, version limit ${limit}::int`,
  );
}

/** The versions that a change set made of these items, by item and in their order. */
export async function readVersionsOfChangeSet(
  database: Database,
  changeSetId: string,
  ids: readonly string[],
): Promise<Map<string, ItemVersionState[]>> {
  const found = await readItemVersions(
    database,
    sql`${presentItem} where change_set_id = ${changeSetId} and id = any(${ids}::uuid[])
      union all ${endedItem} where change_set_id = ${changeSetId} and item_id = any(${ids}::uuid[]) order by item_id, version`,
  );
  const byItem = new Map<string, ItemVersionState[]>();
  for (const version of found) {
    const versions = byItem.get(version.itemId);
    if (versions) versions.push(version);
    else byItem.set(version.itemId, [version]);
  }
  return byItem;
}

/** Whose word each value was in these versions, by item: at most one of each. */
export async function readProvenances(database: Database, places: readonly VersionPlace[]): Promise<Map<string, Provenance>> {
  const wanted = sql`unnest(${places.map(({ itemId }) => itemId)}::uuid[], ${places.map(({ version }) => version)}::int[]) as w(id, version)`;
  const rows = await database.query<{
    id: string;
    provenance: Provenance;
  }>(sql`select i.id, i.provenance from item i join ${wanted} using (id, version)
    union all select v.item_id, v.provenance from item_version v join ${wanted} on w.id = v.item_id and w.version = v.version`);
  return new Map(rows.map(({ id, provenance }) => [id, provenance]));
}

export async function readRelationsOfChangeSet(
  database: Database,
  changeSetId: string,
  afterId: string,
  limit: number,
): Promise<RelationVersionState[]> {
  return readVersionsOfRelations(
    database,
    sql`(${presentRelation} where change_set_id = ${changeSetId} and id > ${afterId}::uuid order by id limit ${limit}::int)
      union all (${endedRelation} where change_set_id = ${changeSetId} and relation_id > ${afterId}::uuid order by relation_id limit ${limit}::int)
      order by relation_id, version limit ${limit}::int`,
  );
}

/** Whose relations these were in the versions before these. */
export async function readRelationSources(
  database: Database,
  versions: readonly Pick<RelationVersionState, 'relationId' | 'version'>[],
): Promise<Map<string, string>> {
  const rows = await database.query<{ id: string; source: string }>(sql`select v.relation_id as id, v.source
    from unnest(${versions.map(({ relationId }) => relationId)}::uuid[], ${versions.map(({ version }) => version - 1)}::int[]) as w(id, version)
      join relation_version v on v.relation_id = w.id and v.version = w.version`);
  return new Map(rows.map(({ id, source }) => [id, source]));
}

async function readItemVersions(database: Database, statement: Statement): Promise<ItemVersionState[]> {
  const rows = await database.query<ItemVersionRow>(statement);
  return rows.map((row) => ({
    ...toValid(row),
    itemId: row.item_id,
    class: row.class,
    name: row.name,
    attributes: row.attributes,
    lookups: row.lookups,
    state: row.state,
  }));
}

async function readVersionsOfRelations(database: Database, statement: Statement): Promise<RelationVersionState[]> {
  const rows = await database.query<RelationVersionRow>(statement);
  return rows.map((row) => ({
    ...toValid(row),
    relationId: row.relation_id,
    fromId: row.from_id,
    toId: row.to_id,
    source: row.source,
    state: row.state,
  }));
}

function toValid(row: ValidRow): Valid {
  return {
    version: row.version,
    validFrom: row.valid_from.getTime(),
    ...(row.valid_to !== null && { validTo: row.valid_to.getTime() }),
    actorId: row.actor_id,
    actorName: row.actor_name,
    ...(row.trace_id !== null && { traceId: row.trace_id }),
    ...(row.change_set_id !== null && { changeSetId: row.change_set_id }),
    ...(row.reason !== null && { reason: row.reason }),
    unauthorised: row.unauthorised,
  };
}
