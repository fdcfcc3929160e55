import type { FileChunk } from '../../../generated/opora/api/v1/file.ts';
import type { ExportAuditRequest } from '../../../generated/opora/directory/v1/audit.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { joinSql, sql } from '../../../platform/postgres/sql.ts';
import { readEntries } from './audit-store.ts';
import { withinTimes } from './list-entries.ts';

const pageSize = 200;

/** The log as NDJSON, oldest entry first. The text of an entry stands in its line as it is, so that whoever has the file can work out the hashes. */
export async function* exportEntries(database: Database, asked: ExportAuditRequest): AsyncGenerator<FileChunk> {
  const within = joinSql([sql`true`, ...withinTimes(asked)], ' and ');
  let head: Pick<FileChunk, 'name' | 'mediaType'> = { name: 'audit.ndjson', mediaType: 'application/x-ndjson' };
  for (let last = 0; ; ) {
    const page = await readEntries(database, sql`where seq > ${last}::int and ${within} order by seq limit ${pageSize}::int`);
    const lines = page.map(({ seq, content, previous, hash }) => `{"seq":${seq},"previous":"${previous}","hash":"${hash}","entry":${content}}\n`);
    yield { ...head, data: Buffer.from(lines.join('')) };
    head = {};
    if (page.length < pageSize) return;
    last = page.at(-1)?.seq ?? last;
  }
}
