import type { ListImportRowsRequest, ListImportsRequest } from '../../generated/opora/cmdb/v1/imports.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type ImportState, readImports } from './import-store.ts';
import { type RowOutcome, readRows } from './row-store.ts';

/** Imports, newest first. */
export async function listImports(database: Database, { limit = 50, after }: ListImportsRequest): Promise<{ items: ImportState[]; next?: string }> {
  const place = after === undefined ? undefined : decodeCursor(after, ['time', 'uuid'], '-createdAt');
  const before = place ? sql`(created_at, id) < (${place[0]}::timestamptz, ${place[1]}::uuid)` : sql`true`;
  const found = await readImports(database, sql`${before} order by created_at desc, id desc limit ${limit + 1}::int`);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const next = found.length > limit && last ? encodeCursor([new Date(last.createdAt).toISOString(), last.id], '-createdAt') : undefined;
  return { items, ...(next !== undefined && { next }) };
}

/** What becomes of the rows, in the order of the sheet. */
export async function listRows(
  database: Database,
  { id, pass }: Pick<ImportState, 'id' | 'pass'>,
  { limit = 50, after, fate }: Omit<ListImportRowsRequest, 'id'>,
): Promise<{ items: RowOutcome[]; next?: string }> {
  const behind = after === undefined ? 0 : decodeCursor(after, ['number'], 'row')[0];
  const found = await readRows(database, { importId: id, pass, after: behind, limit: limit + 1, ...(fate !== undefined && { fate }) });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(found.length > limit && last && { next: encodeCursor([last.row], 'row') }) };
}
