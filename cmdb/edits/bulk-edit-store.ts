import type { ItemChanges } from '../../generated/opora/cmdb/v1/edits.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Reason } from '../domain/identify/explain.ts';
import type { ItemFilter } from '../find/item-filter.ts';
import type { EditDecision, EditOutcome } from './edit.ts';

export interface BulkEditState {
  id: string;
  status: 'previewing' | 'draft' | 'applying' | 'applied' | 'expired';
  title: string;
  filter: ItemFilter;
  changes: ItemChanges;
  reason?: string;
  total: number;
  /** How many of its items are dealt with in this status. */
  done: number;
  preview: Readonly<Record<string, number>>;
  applied: Readonly<Record<string, number>>;
  actorId: string;
  actorName: string;
  appliedById?: string;
  appliedBy?: string;
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
}

interface BulkEditRow {
  id: string;
  status: BulkEditState['status'];
  title: string;
  filter: ItemFilter;
  changes: ItemChanges;
  reason: string | null;
  total: number;
  done: number;
  preview: Record<string, number>;
  applied: Record<string, number>;
  actor_id: string;
  actor_name: string;
  applied_by_id: string | null;
  applied_by: string | null;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export async function readBulkEdits(database: Database, where: Statement): Promise<BulkEditState[]> {
  const rows =
    await database.query<BulkEditRow>(sql`select id, status, title, filter, changes, reason, total, done, preview, applied, actor_id, actor_name,
    applied_by_id, applied_by, version, created_at, updated_at from bulk_edit where ${where}`);
  return rows.map(({ reason, actor_id, actor_name, applied_by_id, applied_by, created_at, updated_at, ...row }) => ({
    ...row,
    ...(reason !== null && { reason }),
    actorId: actor_id,
    actorName: actor_name,
    ...(applied_by_id !== null && { appliedById: applied_by_id }),
    ...(applied_by !== null && { appliedBy: applied_by }),
    createdAt: created_at.getTime(),
    updatedAt: updated_at.getTime(),
  }));
}

/** With the items that are meant, as they are found now: those that fit `where`, in the order of their ids. */
export function insertBulkEdit(edit: BulkEditState, where: Statement): Statement[] {
  return [
    sql`insert into bulk_edit (id, status, title, filter, changes, reason, total, done, preview, applied, actor_id, actor_name, version, created_at, updated_at)
      values (${edit.id}, ${edit.status}, ${edit.title}, ${JSON.stringify(edit.filter)}::jsonb, ${JSON.stringify(edit.changes)}::jsonb, ${edit.reason ?? null},
        ${edit.total}, 0, '{}', '{}', ${edit.actorId}, ${edit.actorName}, 1, ${new Date(edit.createdAt)}, ${new Date(edit.createdAt)})`,
    sql`insert into bulk_edit_item (bulk_edit_id, place, item_id)
      select ${edit.id}::uuid, row_number() over (order by id), id from (select id from item where ${where} order by id limit ${edit.total}::int) i`,
  ];
}

/** Writes how it stands, if nobody wrote it since it was read. */
export function updateBulkEdit(edit: BulkEditState): Statement {
  return exactly(
    1,
    sql`update bulk_edit set status = ${edit.status}, total = ${edit.total}, done = ${edit.done}, preview = ${JSON.stringify(edit.preview)}::jsonb,
      applied = ${JSON.stringify(edit.applied)}::jsonb, applied_by_id = ${edit.appliedById ?? null}, applied_by = ${edit.appliedBy ?? null},
      version = ${edit.version}::int, updated_at = ${new Date(edit.updatedAt)} where id = ${edit.id} and version = ${edit.version - 1}::int returning 1`,
  );
}

export interface BulkEditItem {
  place: number;
  itemId: string;
  /** As of the preview. */
  version?: number;
}

export async function readBulkEditItems(database: Database, id: string, after: number, limit: number): Promise<BulkEditItem[]> {
  const rows = await database.query<{ place: number; itemId: string; version: number | null }>(sql`select place, item_id as "itemId", version
    from bulk_edit_item where bulk_edit_id = ${id} and place > ${after}::int order by place limit ${limit}::int`);
  return rows.map(({ version, ...item }) => ({ ...item, ...(version !== null && { version }) }));
}

/** Of these identifiers, those that items of the edit are to have that were looked at before. */
export async function readClaimed(database: Database, id: string, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const rows = await database.query<{ claim: string }>(sql`select distinct c.claim from bulk_edit_item i, unnest(i.claims) c(claim)
    where i.bulk_edit_id = ${id} and i.claims is not null and i.claims && ${keys}::text[] and c.claim = any(${keys}::text[])`);
  return rows.map(({ claim }) => claim);
}

export function writeDecisions(id: string, decisions: readonly (EditDecision & { place: number; changedSince: boolean })[]): Statement {
  const rows = decisions.map(({ place, outcome, version, differences, reasons, claims, changedSince }) => ({
    place,
    outcome,
    version,
    differences,
    reasons,
    claims: claims.length > 0 ? claims : undefined,
    changed_since: changedSince,
  }));
  return exactly(
    rows.length,
    sql`update bulk_edit_item i set outcome = n.outcome, version = n.version, differences = n.differences, reasons = n.reasons, claims = n.claims,
        changed_since = n.changed_since
      from json_to_recordset(${JSON.stringify(rows)}::json) as n(place int, outcome text, version int, differences jsonb, reasons jsonb, claims text[],
        changed_since boolean) where i.bulk_edit_id = ${id}::uuid and i.place = n.place returning 1`,
  );
}

export interface DecidedItem {
  place: number;
  itemId: string;
  name: string;
  class: string;
  outcome: EditOutcome;
  version: number;
  differences: EditDecision['differences'];
  reasons: Reason[];
  changedSince: boolean;
}

export async function readDecisions(
  database: Database,
  id: string,
  { after, limit, outcome }: { after: number; limit: number; outcome?: EditOutcome },
): Promise<DecidedItem[]> {
  return database.query<DecidedItem>(sql`select b.place, b.item_id as "itemId", i.name, i.class, b.outcome, b.version, b.differences, b.reasons,
      b.changed_since as "changedSince"
    from bulk_edit_item b join item i on i.id = b.item_id where b.bulk_edit_id = ${id} and b.place > ${after}::int
      and ${outcome === undefined ? sql`b.outcome is not null` : sql`b.outcome = ${outcome}`} order by b.place limit ${limit}::int`);
}

export function dropBulkEditItems(id: string): Statement {
  return sql`delete from bulk_edit_item where bulk_edit_id = ${id}`;
}
