import type { ChangeSet } from '../../generated/opora/cmdb/v1/history.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';

interface ChangeSetRow {
  id: string;
  kind: ChangeSet['kind'];
  title: string;
  status: ChangeSet['status'];
  actor_id: string;
  actor_name: string;
  trace_id: string | null;
  reason: string | null;
  reverts: string | null;
  reverted_by: string | null;
  counts: Record<string, number>;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export async function readChangeSets(database: Database, where: Statement): Promise<ChangeSet[]> {
  const rows = await database.query<ChangeSetRow>(
    sql`select id, kind, title, status, actor_id, actor_name, trace_id, reason, reverts, reverted_by, counts, version, created_at, updated_at
      from change_set where ${where}`,
  );
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    title: row.title,
    status: row.status,
    actorId: row.actor_id,
    actorName: row.actor_name,
    ...(row.trace_id !== null && { traceId: row.trace_id }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.reverts !== null && { reverts: row.reverts }),
    ...(row.reverted_by !== null && { revertedBy: row.reverted_by }),
    counts: row.counts,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }));
}

export function insertChangeSet(set: ChangeSet): Statement {
  return sql`insert into change_set (id, kind, title, status, actor_id, actor_name, trace_id, reason, reverts, counts, version, created_at, updated_at)
    values (${set.id}, ${set.kind}, ${set.title}, ${set.status}, ${set.actorId}, ${set.actorName}, ${set.traceId ?? null}, ${set.reason ?? null},
      ${set.reverts ?? null}, ${JSON.stringify(set.counts)}::jsonb, ${set.version}, ${set.createdAt}, ${set.updatedAt})`;
}

/** Writes status, counts and who took it back, if it is still at the version before. */
export function updateChangeSet(set: ChangeSet): Statement {
  return exactly(
    1,
    sql`update change_set set status = ${set.status}, counts = ${JSON.stringify(set.counts)}::jsonb, reverted_by = ${set.revertedBy ?? null},
      version = ${set.version}, updated_at = ${set.updatedAt} where id = ${set.id} and version = ${set.version - 1} returning 1`,
  );
}

export interface RevertConflictState {
  changeSetId: string;
  entryId: string;
  kind: 'item' | 'relation';
  detail: string;
}

export function insertConflicts(conflicts: readonly RevertConflictState[]): Statement {
  return sql`insert into revert_conflict (change_set_id, entry_id, kind, detail)
    select * from unnest(${conflicts.map(({ changeSetId }) => changeSetId)}::uuid[], ${conflicts.map(({ entryId }) => entryId)}::uuid[],
      ${conflicts.map(({ kind }) => kind)}::text[], ${conflicts.map(({ detail }) => detail)}::text[]) on conflict do nothing`;
}

export async function readConflicts(database: Database, changeSetId: string, afterId: string, limit: number): Promise<RevertConflictState[]> {
  return database.query<RevertConflictState>(
    sql`select change_set_id as "changeSetId", entry_id as "entryId", kind, detail from revert_conflict
      where change_set_id = ${changeSetId} and entry_id > ${afterId}::uuid order by entry_id limit ${limit}::int`,
  );
}
