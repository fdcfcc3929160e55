import type {
  ListDuplicatesRequest,
  ListSnapshotRecordsRequest,
  ListSnapshotsRequest,
  RecordOutcomeList,
} from '../../generated/opora/cmdb/v1/sources.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type Duplicate, readDuplicates } from './duplicate-store.ts';
import { readRunRecords, readRuns, type SourceRun } from './run-store.ts';

/** Snapshots of a source, newest first. */
export async function listRuns(
  database: Database,
  { source, limit = 50, after }: ListSnapshotsRequest,
): Promise<{ items: SourceRun[]; next?: string }> {
  const place = after === undefined ? undefined : decodeCursor(after, ['time', 'uuid'], '-createdAt');
  const before = place ? sql`and (created_at, id) < (${place[0]}::timestamptz, ${place[1]}::uuid)` : sql``;
  const found = await readRuns(database, sql`source = ${source} ${before} order by created_at desc, id desc limit ${limit + 1}::int`);
  return pageOf(found, limit, ({ createdAt, id }) => encodeCursor([new Date(createdAt).toISOString(), id], '-createdAt'));
}

/** Questions for people, oldest first. */
export async function listDuplicates(
  database: Database,
  { limit = 50, after, status = 'open' }: ListDuplicatesRequest,
): Promise<{ items: Duplicate[]; next?: string }> {
  const place = after === undefined ? undefined : decodeCursor(after, ['time', 'uuid'], 'createdAt');
  const behind = place ? sql`and (created_at, id) > (${place[0]}::timestamptz, ${place[1]}::uuid)` : sql``;
  const found = await readDuplicates(database, sql`status = ${status} ${behind} order by created_at, id limit ${limit + 1}::int`);
  return pageOf(found, limit, ({ createdAt, id }) => encodeCursor([new Date(createdAt).toISOString(), id], 'createdAt'));
}

/** The explained records of a snapshot, by key. */
export async function listRunRecords(database: Database, { id, limit = 50, after, outcome }: ListSnapshotRecordsRequest): Promise<RecordOutcomeList> {
  const behind = after === undefined ? '' : decodeCursor(after, ['string'], 'key')[0];
  const found = await readRunRecords(database, id, { after: behind, limit: limit + 1, ...(outcome !== undefined && { outcome }) });
  const { items, next } = pageOf(found, limit, ({ key }) => encodeCursor([key], 'key'));
  return {
    items: items.map(({ itemId, reasons, ...record }) => ({ ...record, ...(itemId !== undefined && { id: itemId }), reasons: [...reasons] })),
    ...(next !== undefined && { next }),
  };
}

function pageOf<One>(found: readonly One[], limit: number, toCursor: (last: One) => string): { items: One[]; next?: string } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(found.length > limit && last !== undefined && { next: toCursor(last) }) };
}
