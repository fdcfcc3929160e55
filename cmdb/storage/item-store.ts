import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Attributes } from '../domain/attributes.ts';
import { type ItemState, listNames } from '../domain/item.ts';
import { normaliseName } from '../domain/lookup.ts';

/** Who made a version, for its history. */
export interface Author {
  actorId: string;
  actorName: string;
  traceId?: string;
}

/** An item as it is to be written, and as it was: undefined when it is new. */
export interface ItemChange {
  before?: ItemState;
  after: ItemState;
}

export type ItemEnd = Pick<ItemState, 'id' | 'class' | 'name' | 'state'>;

interface ItemRow {
  id: string;
  source: string;
  key: string;
  class: string;
  name: string;
  attributes: Attributes;
  lookups: string[];
  state: ItemState['state'];
  version: number;
  created_at: Date;
  updated_at: Date;
}

export async function readItems(database: Database, where: Statement): Promise<ItemState[]> {
  const rows = await database.query<ItemRow>(
    sql`select id, source, key, class, name, attributes, lookups, state, version, created_at, updated_at from item where ${where}`,
  );
  return rows.map(({ created_at, updated_at, ...row }) => ({ ...row, createdAt: created_at.getTime(), updatedAt: updated_at.getTime() }));
}

export async function readItemsOfSource(database: Database, source: string, keys: readonly string[]): Promise<Map<string, ItemState>> {
  const items = await readItems(database, sql`source = ${source} and key = any(${keys}::text[])`);
  return new Map(items.map((item) => [item.key, item]));
}

/** What a relation needs to know of the items at its ends, by their keys at the source. */
export async function readEndsOfSource(database: Database, source: string, keys: readonly string[]): Promise<Map<string, ItemEnd>> {
  const ends = await database.query<ItemEnd & { key: string }>(
    sql`select key, id, class, name, state from item where source = ${source} and key = any(${keys}::text[])`,
  );
  return new Map(ends.map((end) => [end.key, end]));
}

/**
 * Writes items with their versions and the names under which they are found. A change whose `before` is no longer what is stored makes the whole
 * commit a conflict. Rows are locked and inserted in one order, so that two writers of the same items cannot wait for each other.
 */
export function writeItems(changes: readonly ItemChange[], author: Author): Statement[] {
  const created = changes.filter(({ before }) => !before).map(({ after }) => after);
  const updated = changes.filter(({ before }) => before).map(({ after }) => after);
  const statements: Statement[] = [];
  if (updated.length > 0) statements.push(updateItems(updated), endVersions(updated));
  if (created.length > 0) statements.push(insertItems(created));
  if (changes.length > 0)
    statements.push(
      insertVersions(
        changes.map(({ after }) => after),
        author,
      ),
    );
  return [...statements, ...writeNames(changes)];
}

function insertItems(items: readonly ItemState[]): Statement {
  return sql`insert into item (id, source, key, class, name, attributes, lookups, state, version, created_at, updated_at, search)
    select id, source, key, class, name, attributes, lookups, state, version, created_at, updated_at, search
    from json_populate_recordset(null::item, ${JSON.stringify(items.map(toRow))}::json) order by source, key`;
}

function updateItems(items: readonly ItemState[]): Statement {
  return exactly(
    items.length,
    sql`update item i set class = n.class, name = n.name, attributes = n.attributes, lookups = n.lookups, state = n.state, version = n.version,
        updated_at = n.updated_at, search = n.search
      from json_populate_recordset(null::item, ${JSON.stringify(items.map(toRow))}::json) n
        join (select id from item where id = any(${items.map(({ id }) => id)}::uuid[]) order by id for update) locked on locked.id = n.id
      where i.id = n.id and i.version = n.version - 1 returning 1`,
  );
}

function endVersions(items: readonly ItemState[]): Statement {
  return exactly(
    items.length,
    sql`update item_version v set valid_to = n.valid_to
      from unnest(${items.map(({ id }) => id)}::uuid[], ${items.map(({ version }) => version - 1)}::int[],
        ${items.map(({ updatedAt }) => new Date(updatedAt))}::timestamptz[]) as n(item_id, version, valid_to)
      where v.item_id = n.item_id and v.version = n.version returning 1`,
  );
}

function insertVersions(items: readonly ItemState[], author: Author): Statement {
  const rows = items.map((item) => ({
    item_id: item.id,
    version: item.version,
    valid_from: new Date(item.updatedAt),
    class: item.class,
    name: item.name,
    attributes: item.attributes,
    lookups: item.lookups,
    state: item.state,
    actor_id: author.actorId,
    actor_name: author.actorName,
    trace_id: author.traceId,
  }));
  return sql`insert into item_version select * from json_populate_recordset(null::item_version, ${JSON.stringify(rows)}::json)`;
}

/** Writes only the names that came or went. */
function writeNames(changes: readonly ItemChange[]): Statement[] {
  const gone: { value: string; itemId: string }[] = [];
  const come: { value: string; itemId: string; ownName: boolean }[] = [];
  for (const { before, after } of changes) {
    const old = before ? listNames(before) : new Map<string, { ownName: boolean }>();
    const now = listNames(after);
    for (const value of old.keys()) if (!now.has(value)) gone.push({ value, itemId: after.id });
    for (const [value, { ownName }] of now) if (old.get(value)?.ownName !== ownName) come.push({ value, itemId: after.id, ownName });
  }
  const statements: Statement[] = [];
  if (gone.length > 0) {
    statements.push(sql`delete from item_lookup l
      using unnest(${gone.map(({ value }) => value)}::text[], ${gone.map(({ itemId }) => itemId)}::uuid[]) as g(value, item_id)
      where l.value = g.value and l.item_id = g.item_id`);
  }
  if (come.length > 0) {
    statements.push(sql`insert into item_lookup (value, item_id, own_name)
      select value, item_id, own_name from unnest(${come.map(({ value }) => value)}::text[], ${come.map(({ itemId }) => itemId)}::uuid[],
        ${come.map(({ ownName }) => ownName)}::boolean[]) as c(value, item_id, own_name)
      on conflict (value, item_id) do update set own_name = excluded.own_name`);
  }
  return statements;
}

function toRow(item: ItemState) {
  return {
    id: item.id,
    source: item.source,
    key: item.key,
    class: item.class,
    name: item.name,
    attributes: item.attributes,
    lookups: item.lookups,
    state: item.state,
    version: item.version,
    created_at: new Date(item.createdAt),
    updated_at: new Date(item.updatedAt),
    search: [item.name, item.key, ...item.lookups].map(normaliseName).join(' '),
  };
}
