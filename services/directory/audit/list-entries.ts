import type { ListAuditEntriesRequest } from '../../../generated/opora/directory/v1/audit.ts';
import { decodeCursor, encodeCursor } from '../../../platform/keyset/cursor.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { joinSql, type Statement, sql } from '../../../platform/postgres/sql.ts';
import { readEntries, type StoredEntry } from './audit-store.ts';
import type { EntryContent } from './entry-content.ts';

const order = '-at';

/** A page of the log, newest act first. */
export async function listEntries(database: Database, asked: ListAuditEntriesRequest): Promise<{ entries: StoredEntry[]; next?: string }> {
  const { limit = 50, after } = asked;
  const conditions = [sql`true`, ...withinTimes(asked)];
  if (asked.kind !== undefined) conditions.push(sql`kind = ${asked.kind}`);
  if (asked.ref !== undefined) conditions.push(sql`ref = ${asked.ref}`);
  if (asked.source !== undefined) conditions.push(sql`source = ${asked.source}`);
  if (asked.type !== undefined) conditions.push(sql`type = ${asked.type}`);
  if (asked.personId !== undefined) conditions.push(sql`person_id = ${asked.personId}`);
  if (after !== undefined) {
    const [at, seq] = decodeCursor(after, ['time', 'number'], order);
    conditions.push(sql`(at, seq) < (${at}, ${seq}::int)`);
  }
  const page = await readEntries(database, sql`where ${joinSql(conditions, ' and ')} order by at desc, seq desc limit ${limit + 1}`);
  const entries = page.slice(0, limit);
  const last = entries.at(-1);
  if (!last || page.length <= limit) return { entries };
  return { entries, next: encodeCursor([(JSON.parse(last.content) as EntryContent).at, last.seq], order) };
}

/** From one moment on and before another, of entries. */
export function withinTimes({ from, to }: { from?: string; to?: string }): Statement[] {
  const textOf = (moment: string) => new Date(moment).toISOString();
  return [...(from === undefined ? [] : [sql`at >= ${textOf(from)}`]), ...(to === undefined ? [] : [sql`at < ${textOf(to)}`])];
}
