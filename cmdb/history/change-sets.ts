import { changeSetBegun } from '../../generated/opora/cmdb/v1/events.ts';
import type { ChangeSet, ListChangeSetsRequest } from '../../generated/opora/cmdb/v1/history.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { joinSql, sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { authorOf } from '../author.ts';
import { insertChangeSet, readChangeSets, updateChangeSet } from './change-set-store.ts';

export async function findChangeSet(database: Database, id: string): Promise<ChangeSet> {
  const [found] = await readChangeSets(database, sql`id = ${id}`);
  if (!found) throw new AppError('not_found', `There is no change set "${id}".`);
  return found;
}

export async function listChangeSets(database: Database, { limit = 50, after, kind }: ListChangeSetsRequest) {
  const conditions = [kind === undefined ? sql`true` : sql`kind = ${kind}`];
  if (after !== undefined) {
    const [moment, id] = decodeCursor(after, ['time', 'uuid'], '-createdAt');
    conditions.push(sql`(created_at, id) < (${moment}::timestamptz, ${id}::uuid)`);
  }
  const found = await readChangeSets(database, sql`${joinSql(conditions, ' and ')} order by created_at desc, id desc limit ${limit + 1}::int`);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(found.length > limit && last && { next: encodeCursor([last.createdAt, last.id], '-createdAt') }) };
}

/** A change set as it begins, in the name of whoever calls. */
export function beginChangeSet(call: Call, wanted: Pick<ChangeSet, 'kind' | 'title'> & Partial<Pick<ChangeSet, 'reason' | 'reverts'>>): ChangeSet {
  const at = new Date(call.now).toISOString();
  const { actorId, actorName, traceId } = authorOf(call);
  return {
    id: call.newId(),
    ...wanted,
    status: 'running',
    actorId,
    actorName,
    ...(traceId !== undefined && { traceId }),
    counts: {},
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
}

/** Begins to take a change set back; `revert-change-sets.ts` carries it out. Two who begin at once: one of them loses the race. */
export async function beginRevert(database: Database, id: string, reason: string | undefined, call: Call): Promise<ChangeSet> {
  const reverted = await findChangeSet(database, id);
  if (reverted.kind === 'merge' || reverted.kind === 'split')
    throw new AppError('illegal_state', 'A merge moved links and identifiers too: take it back by POST /api/v1/cmdb/merges/{id}/undo.');
  if (reverted.status === 'running') throw new AppError('illegal_state', 'This change set is still under way: wait until its status is done.');
  if (reverted.status === 'reverted') throw new AppError('illegal_state', `This change set was taken back already, by ${reverted.revertedBy}.`);
  const set = beginChangeSet(call, { kind: 'revert', title: reverted.title, reverts: id, ...(reason !== undefined && { reason }) });
  const marked: ChangeSet = { ...reverted, status: 'reverted', revertedBy: set.id, version: reverted.version + 1, updatedAt: set.updatedAt };
  return call.commit(
    {
      statements: [insertChangeSet(set), updateChangeSet(marked)],
      events: [changeSetBegun({ changeSetId: set.id, kind: set.kind, title: set.title, reverts: id })],
    },
    set,
  );
}
