import type { PersonMerge } from '../../../../generated/opora/directory/v1/people.ts';
import type { Database } from '../../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../../platform/postgres/sql.ts';
import type { FieldChange } from '../../domain/people/merge-people.ts';
import type { RecordKind } from '../../records/resource.ts';

/** What a merge did to one record. */
export interface ChangedRecord {
  kind: RecordKind;
  id: string;
  changes: FieldChange[];
}

/** A merge as it is kept; times are epoch milliseconds. */
export interface MergeState {
  id: string;
  keptId: string;
  goneId: string;
  reason?: string;
  mergedAt: number;
  mergedBy: string;
  undoneAt?: number;
  changed: readonly ChangedRecord[];
  /** Accounts that belong to the one who stays instead of the double. */
  accountIds: readonly string[];
}

interface MergeRow {
  id: string;
  kept_id: string;
  gone_id: string;
  reason: string | null;
  merged_at: Date;
  merged_by: string;
  undone_at: Date | null;
  changed: ChangedRecord[];
  account_ids: string[];
}

export async function readMerges(database: Database, where: Statement): Promise<MergeState[]> {
  const rows = await database.query<MergeRow>(
    sql`select id, kept_id, gone_id, reason, merged_at, merged_by, undone_at, changed, account_ids from person_merge where ${where}`,
  );
  return rows.map((row) => ({
    id: row.id,
    keptId: row.kept_id,
    goneId: row.gone_id,
    ...(row.reason !== null && { reason: row.reason }),
    mergedAt: row.merged_at.getTime(),
    mergedBy: row.merged_by,
    ...(row.undone_at && { undoneAt: row.undone_at.getTime() }),
    changed: row.changed,
    accountIds: row.account_ids,
  }));
}

export function insertMerge({ id, keptId, goneId, reason, mergedAt, mergedBy, changed, accountIds }: MergeState, actorId: string): Statement {
  return sql`insert into person_merge (id, kept_id, gone_id, reason, merged_at, merged_by, actor_id, changed, account_ids)
    values (${id}, ${keptId}, ${goneId}, ${reason ?? null}, ${new Date(mergedAt)}, ${mergedBy}, ${actorId}, ${JSON.stringify(changed)}::jsonb, ${accountIds})`;
}

export function markUndone(id: string, at: number): Statement {
  return exactly(1, sql`update person_merge set undone_at = ${new Date(at)} where id = ${id} and undone_at is null returning 1`);
}

/** Accounts belong to another person from now on. */
export function moveAccounts(ids: readonly string[], personId: string): Statement[] {
  return ids.length > 0 ? [sql`update account set person_id = ${personId} where id = any(${ids}::uuid[])`] : [];
}

export function toMerge({ mergedAt, undoneAt, changed, accountIds, ...merge }: MergeState): PersonMerge {
  const moved: Record<string, number> = accountIds.length > 0 ? { account: accountIds.length } : {};
  for (const { kind, id } of changed) if (id !== merge.keptId && id !== merge.goneId) moved[kind] = (moved[kind] ?? 0) + 1;
  return {
    ...merge,
    mergedAt: new Date(mergedAt).toISOString(),
    ...(undoneAt !== undefined && { undoneAt: new Date(undoneAt).toISOString() }),
    moved,
  };
}
