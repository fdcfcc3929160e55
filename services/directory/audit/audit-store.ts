import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import { type EntryContent, toContentText } from './entry-content.ts';

/** An entry as it is kept. Hashes are 64 hexadecimal digits. */
export interface StoredEntry {
  seq: number;
  content: string;
  previous: string;
  hash: string;
}

/** Appends them in this order; the database ties each to the one before. What is there already (an event that was heard twice) stays. */
export function insertEntries(entries: readonly EntryContent[]): Statement {
  return sql`insert into directory_sealed.audit_entry (content)
    select c.content from unnest(${entries.map(toContentText)}::text[]) with ordinality c(content, place) order by c.place on conflict (event_id) do nothing`;
}

/** `rest`: what comes after `from audit_entry`. */
export function readEntries(database: Database, rest: Statement): Promise<StoredEntry[]> {
  return database.query<StoredEntry>(
    sql`select seq, content, encode(previous, 'hex') as previous, encode(hash, 'hex') as hash from directory_sealed.audit_entry ${rest}`,
  );
}
