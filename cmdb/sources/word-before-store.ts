import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Link } from './link.ts';
import { type LinkRow, toLink } from './link-store.ts';
import { type RelationLink, type RelationLinkRow, toRelationLink } from './relation-link-store.ts';

/** A word of a change set, and what was said before it. */
export interface WordBefore {
  source: string;
  key: string;
  /** The item that the key stood for when the change set had spoken. */
  itemId: string;
  /** The link as it was; undefined: there was none. */
  link?: Link;
  /** Attributes that the item had by nobody's word. */
  unowned: readonly string[];
  /** Of the link as the change set left it; 0: it took it away. */
  revision: number;
}

export interface RelationWordBefore extends Pick<RelationLink, 'source' | 'type' | 'fromKey' | 'toKey'> {
  relationId?: string;
  link?: RelationLink;
  revision: number;
}

interface WordRow extends Omit<LinkRow, 'source'> {
  word_source: string;
  word_key: string;
  word_item_id: string;
  unowned: string[];
  word_revision: number;
  source: string | null;
}

/**
 * Words of a change set that are to be taken back: some of those that were not yet, and with them all others of the items that they are about, so that each
 * item is dealt with once and whole.
 */
export async function readWordsToTakeBack(database: Database, changeSetId: string, limit: number): Promise<WordBefore[]> {
  const seeds = await readWords(
    database,
    sql`w.change_set_id = ${changeSetId} and not w.taken_back order by w.item_id, w.source, w.key limit ${limit}::int`,
  );
  let words = seeds;
  for (let known = 0; ; ) {
    const ids = itemsOf(words);
    if (ids.length === known) return words;
    known = ids.length;
    words = await readWords(
      database,
      sql`w.change_set_id = ${changeSetId} and not w.taken_back and (w.item_id = any(${ids}::uuid[]) or w.left_item_id = any(${ids}::uuid[]))`,
    );
  }
}

/** The items that words are about, and those that they left. */
export function itemsOf(words: readonly WordBefore[]): string[] {
  return [...new Set(words.flatMap(({ itemId, link }) => (link ? [itemId, link.itemId] : [itemId])))];
}

/** Of these items, those about which the change set has said something. */
export async function findSpokenOf(database: Database, changeSetId: string, itemIds: readonly string[]): Promise<Set<string>> {
  const rows = await database.query<{
    id: string;
  }>(sql`select item_id as id from word_before where change_set_id = ${changeSetId} and item_id = any(${itemIds}::uuid[])
    union select left_item_id from word_before where change_set_id = ${changeSetId} and left_item_id = any(${itemIds}::uuid[])`);
  return new Set(rows.map(({ id }) => id));
}

async function readWords(database: Database, where: Statement): Promise<WordBefore[]> {
  const rows = await database.query<WordRow>(sql`select w.source as word_source, w.key as word_key, w.item_id as word_item_id, w.unowned,
      w.revision as word_revision, l.source, l.key, l.item_id, l.hash, l.said, l.contested, l.recheck_at, l.said_at, l.missing_since, l.gone_at, l.moved_to,
      l.revision, l.seq::float8 as seq, s.heard_at, false as seen
    from word_before w left join lateral jsonb_populate_record(null::item_link, w.link) l on w.link is not null left join source s on s.name = w.source
    where ${where}`);
  return rows.map(({ word_source, word_key, word_item_id, unowned, word_revision, source, ...link }) => ({
    source: word_source,
    key: word_key,
    itemId: word_item_id,
    ...(source !== null && { link: toLink({ ...link, source }) }),
    unowned,
    revision: word_revision,
  }));
}

/** Two who take the same back at once: one of them has a conflict. */
export function markTakenBack(changeSetId: string, words: readonly WordBefore[]): Statement {
  return exactly(
    words.length,
    sql`update word_before w set taken_back = true
      from unnest(${words.map(({ source }) => source)}::text[], ${words.map(({ key }) => key)}::text[]) as n(source, key)
      where w.change_set_id = ${changeSetId} and w.source = n.source and w.key = n.key and not w.taken_back returning 1`,
  );
}

interface RelationWordRow extends Omit<RelationLinkRow, 'source'> {
  wordSource: string;
  wordType: string;
  wordFrom: string;
  wordTo: string;
  wordRelation: string | null;
  wordRevision: number;
  source: string | null;
}

export async function readRelationWordsToTakeBack(database: Database, changeSetId: string, limit: number): Promise<RelationWordBefore[]> {
  const rows =
    await database.query<RelationWordRow>(sql`select w.source as "wordSource", w.type as "wordType", w.from_key as "wordFrom", w.to_key as "wordTo",
      w.relation_id as "wordRelation", w.revision as "wordRevision", l.source, l.type, l.from_key as "fromKey", l.to_key as "toKey",
      l.relation_id as "relationId", l.missing_since, l.gone_at, l.revision, l.seq::float8 as seq, null::boolean as active, null::int as version
    from relation_word_before w left join lateral jsonb_populate_record(null::relation_link, w.link) l on w.link is not null
    where w.change_set_id = ${changeSetId} and not w.taken_back limit ${limit}::int`);
  return rows.map(({ wordSource, wordType, wordFrom, wordTo, wordRelation, wordRevision, source, ...link }) => ({
    source: wordSource,
    type: wordType,
    fromKey: wordFrom,
    toKey: wordTo,
    ...(wordRelation !== null && { relationId: wordRelation }),
    ...(source !== null && { link: toRelationLink({ ...link, source }) }),
    revision: wordRevision,
  }));
}

export function markRelationsTakenBack(changeSetId: string, words: readonly RelationWordBefore[]): Statement {
  return exactly(
    words.length,
    sql`update relation_word_before w set taken_back = true
      from unnest(${words.map(({ source }) => source)}::text[], ${words.map(({ fromKey }) => fromKey)}::text[], ${words.map(({ type }) => type)}::text[],
        ${words.map(({ toKey }) => toKey)}::text[]) as n(source, from_key, type, to_key)
      where w.change_set_id = ${changeSetId} and w.source = n.source and w.from_key = n.from_key and w.type = n.type and w.to_key = n.to_key
        and not w.taken_back returning 1`,
  );
}
