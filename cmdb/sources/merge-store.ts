import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { MergeRecord } from '../domain/identify/merge-items.ts';

/** A merge as it is kept, so that it can be taken back. */
export interface StoredMerge {
  id: string;
  winnerId: string;
  loserId: string;
  record: MergeRecord;
  /** Relations that were ended, each with the one that took its place. */
  relocated: readonly { from: string; to: string }[];
  splitBy?: string;
}

export async function findMerge(database: Database, id: string): Promise<StoredMerge | undefined> {
  const [row] = await database.query<{
    winner_id: string;
    loser_id: string;
    record: Pick<StoredMerge, 'record' | 'relocated'>;
    split_by: string | null;
  }>(sql`select winner_id, loser_id, record, split_by from item_merge where id = ${id}`);
  if (!row) return undefined;
  return { id, winnerId: row.winner_id, loserId: row.loser_id, ...row.record, ...(row.split_by !== null && { splitBy: row.split_by }) };
}

export function insertMerge({ id, winnerId, loserId, record, relocated }: StoredMerge, now: number): Statement {
  return sql`insert into item_merge (id, winner_id, loser_id, record, created_at)
    values (${id}, ${winnerId}, ${loserId}, ${JSON.stringify({ record, relocated })}::jsonb, ${new Date(now)})`;
}

/** Two who take it back at once: one of them has a conflict. */
export function markSplit(id: string, splitBy: string): Statement {
  return exactly(1, sql`update item_merge set split_by = ${splitBy} where id = ${id} and split_by is null returning 1`);
}

/** What sources said of relations by their keys, they say of those that took their places. */
export function relocateLinks(relocated: readonly { from: string; to: string }[]): Statement[] {
  if (relocated.length === 0) return [];
  return [
    sql`update relation_link l set relation_id = n.to_id, revision = l.revision + 1
      from unnest(${relocated.map(({ from }) => from)}::uuid[], ${relocated.map(({ to }) => to)}::uuid[]) as n(from_id, to_id) where l.relation_id = n.from_id`,
  ];
}

/** Things that are told by their name on a host are told by it on the host that it went into. */
export function rehostDependents(from: string, to: string, dependents: readonly string[]): Statement[] {
  if (dependents.length === 0) return [];
  return [
    sql`update item_identifier set value = ${to}::text || substr(value, 37) where value like ${`${from}|%`} and item_ids && ${dependents}::uuid[]`,
    sql`update item_link set said = replace(said::text, ${`"${from}|`}, ${`"${to}|`})::jsonb, revision = revision + 1
      where item_id = any(${dependents}::uuid[]) and (said -> 'identifiers')::text like ${`%"${from}|%`}`,
  ];
}
