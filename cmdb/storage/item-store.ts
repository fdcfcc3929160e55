import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Attributes } from '../domain/attributes.ts';
import { type ItemState, listNames, type Provenance } from '../domain/item.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { isWordOfLetters, listWords } from '../domain/search/list-words.ts';

/** Who made a version and why, for its history. */
export interface Author {
  actorId: string;
  actorName: string;
  traceId?: string;
  /** The change set that it is a part of. */
  changeSetId?: string;
  /** The change or ticket that justified it, or words. */
  reason?: string;
}

/** An item as it is to be written, and as it was: undefined when it is new. */
export interface ItemChange {
  before?: ItemState;
  /** Of the same version when only what sources say of it has changed. */
  after: ItemState;
  /** It needs an approved change, and there is none. */
  unauthorised?: boolean;
  /** It was decided on all that sources say of the item: nothing at all may have been written of it meanwhile. */
  onAllWords?: boolean;
  /** W3C trace context of what caused it, where that is not what runs now. */
  traceparent?: string;
}

interface ItemRow {
  id: string;
  source: string;
  key: string;
  class: string;
  name: string;
  attributes: Attributes;
  lookups: string[];
  state: ItemState['state'];
  provenance: Provenance;
  merged_into: string | null;
  unauthorised_since: Date | null;
  version: number;
  revision: number;
  created_at: Date;
  updated_at: Date;
}

export async function readItems(database: Database, where: Statement): Promise<ItemState[]> {
  const rows = await database.query<ItemRow>(
    sql`select id, source, key, class, name, attributes, lookups, state, provenance, merged_into, unauthorised_since, version, revision,
      created_at, updated_at from item where ${where}`,
  );
  return rows.map(({ created_at, updated_at, merged_into, unauthorised_since, ...row }) => ({
    ...row,
    ...(merged_into !== null && { mergedInto: merged_into }),
    ...(unauthorised_since && { unauthorisedSince: unauthorised_since.getTime() }),
    createdAt: created_at.getTime(),
    updatedAt: updated_at.getTime(),
  }));
}

/**
 * Writes items with their versions and the names under which they are found. A change whose `before` is no longer what is stored makes the whole
 * commit a conflict. Rows are locked and inserted in one order, so that two writers of the same items cannot wait for each other.
 */
export function writeItems(changes: readonly ItemChange[], author: Author, model: Pick<CompiledModel, 'classes' | 'sensitive'>): Statement[] {
  const created = changes.filter(({ before }) => !before);
  const updated = changes.filter(({ before }) => before);
  const revised = updated.filter(isNewVersion).map(({ after }) => after);
  const words = new Map(changes.map(({ after: item }) => [item.id, listWords(item, model)]));
  const statements: Statement[] = [];
  if (updated.length > 0) statements.push(updateItems(updated, words, author));
  if (revised.length > 0) statements.push(keepVersions(revised));
  if (created.length > 0) statements.push(insertItems(created, words, author));
  return [...statements, ...writeNames(changes), ...keepWordsOfLetters(words.values())];
}

/** Whether the change is one that others are told of. */
export function isNewVersion({ before, after }: ItemChange): boolean {
  return before?.version !== after.version;
}

type Words = ReadonlyMap<string, readonly string[]>;

/** Arrays, because a row of JSON costs PostgreSQL almost as much as all of its indexes do. */
function insertItems(changes: readonly ItemChange[], words: Words, { actorId, actorName, traceId, changeSetId, reason }: Author): Statement {
  const rows = changes.map((change) => toRow(change, words));
  return sql`insert into item (id, source, key, class, name, attributes, lookups, state, provenance, version, revision, created_at, updated_at, words,
      actor_id, actor_name, trace_id, change_set_id, reason)
    select id, source, key, class, name, attributes, lookups::text[], state, provenance, version, revision, created_at, updated_at, array_to_tsvector(words::text[]),
      ${actorId}::text, ${actorName}::text, coalesce(trace_id, ${traceId ?? null}::text), ${changeSetId ?? null}::uuid, ${reason ?? null}::text
    from rows from (
      unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ source }) => source)}::text[], ${rows.map(({ key }) => key)}::text[],
        ${rows.map((row) => row.class)}::text[], ${rows.map(({ name }) => name)}::text[], ${rows.map(({ lookups }) => toArrayText(lookups))}::text[],
        ${rows.map(({ state }) => state)}::text[], ${rows.map(({ version }) => version)}::int[], ${rows.map(({ revision }) => revision)}::int[],
        ${rows.map((row) => row.created_at)}::timestamptz[], ${rows.map((row) => row.updated_at)}::timestamptz[], ${rows.map((row) => toArrayText(row.words))}::text[],
        ${rows.map((row) => row.trace_id ?? null)}::text[]),
      jsonb_array_elements(${JSON.stringify(rows.map(({ attributes }) => attributes))}::jsonb),
      jsonb_array_elements(${JSON.stringify(rows.map(({ provenance }) => provenance))}::jsonb))
      as n(id, source, key, class, name, lookups, state, version, revision, created_at, updated_at, words, trace_id, attributes, provenance)
    order by source, key`;
}

/**
 * One statement for all, so that rows are locked in one order: before the first of them is written, and beside the join, which would go through all of them for
 * each. What makes no new version keeps its author.
 */
function updateItems(changes: readonly ItemChange[], words: Words, { actorId, actorName, traceId, changeSetId, reason }: Author): Statement {
  const rows = changes.map((change) => ({
    ...toRow(change, words),
    before: change.before?.version,
    unauthorised: change.unauthorised ?? false,
    revision: change.onAllWords ? change.before?.revision : undefined,
  }));
  return exactly(
    changes.length,
    sql`update item i set class = n.class, name = n.name, attributes = n.attributes, lookups = n.lookups, state = n.state, version = n.version,
        updated_at = n.updated_at, words = array_to_tsvector(n.words), provenance = n.provenance, merged_into = n.merged_into, revision = i.revision + 1,
        unauthorised_since = n.unauthorised_since, unauthorised = case when n.version = i.version then i.unauthorised else n.unauthorised end,
        actor_id = case when n.version = i.version then i.actor_id else ${actorId}::text end,
        actor_name = case when n.version = i.version then i.actor_name else ${actorName}::text end,
        trace_id = case when n.version = i.version then i.trace_id else coalesce(n.trace_id, ${traceId ?? null}::text) end,
        change_set_id = case when n.version = i.version then i.change_set_id else ${changeSetId ?? null}::uuid end,
        reason = case when n.version = i.version then i.reason else ${reason ?? null}::text end
      from json_to_recordset(${JSON.stringify(rows)}::json) as n(id uuid, class text, name text, attributes jsonb, lookups text[], state text, version int,
          updated_at timestamptz, words text[], provenance jsonb, merged_into uuid, trace_id text, unauthorised_since timestamptz, unauthorised boolean,
          before int, revision int)
      where i.id = n.id and i.version = n.before and (n.revision is null or i.revision = n.revision) and (select count(*) from
        (select id from item where id = any(${changes.map(({ after }) => after.id)}::uuid[]) order by id for update) locked) > 0 returning 1`,
  );
}

/** The versions that end now, as they stand: every part of one statement sees the rows as they were before it. */
function keepVersions(items: readonly ItemState[]): Statement {
  return exactly(
    items.length,
    sql`insert into item_version (item_id, version, valid_from, valid_to, class, name, attributes, lookups, state, provenance, actor_id, actor_name, trace_id,
        change_set_id, reason, unauthorised)
      select i.id, i.version, i.updated_at, n.valid_to, i.class, i.name, i.attributes, i.lookups, i.state, i.provenance, i.actor_id, i.actor_name, i.trace_id, i.change_set_id,
        i.reason, i.unauthorised
      from unnest(${items.map(({ id }) => id)}::uuid[], ${items.map(({ version }) => version - 1)}::int[],
        ${items.map(({ updatedAt }) => new Date(updatedAt))}::timestamptz[]) as n(id, version, valid_to)
        join item i on i.id = n.id and i.version = n.version returning 1`,
  );
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

/** The words of letters, which `search_word` never forgets: those that are there already cost no write. In one order, like all that two may write at once. */
export function keepWordsOfLetters(all: Iterable<readonly string[]>): Statement[] {
  const letters = [...new Set([...all].flatMap((words) => words.filter(isWordOfLetters)))];
  if (letters.length === 0) return [];
  return [
    sql`insert into search_word (word) select n.word from unnest(${letters}::text[]) as n(word)
      where not exists (select from search_word s where s.word = n.word) order by n.word on conflict do nothing`,
  ];
}

function toRow({ after: item, traceparent }: ItemChange, words: Words) {
  return {
    id: item.id,
    source: item.source,
    key: item.key,
    class: item.class,
    name: item.name,
    attributes: item.attributes,
    lookups: item.lookups,
    state: item.state,
    provenance: item.provenance,
    merged_into: item.mergedInto,
    unauthorised_since: item.unauthorisedSince === undefined ? undefined : new Date(item.unauthorisedSince),
    version: item.version,
    revision: item.revision,
    created_at: new Date(item.createdAt).toISOString(),
    updated_at: new Date(item.updatedAt).toISOString(),
    trace_id: traceparent?.split('-')[1],
    words: words.get(item.id) ?? [],
  };
}

/** An array as PostgreSQL writes it, for one that stands in another: those of one array must be of one length. */
function toArrayText(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
