import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';

const chunkBytes = 512 * 1024;

/** A piece of the file, and how long the file is with it. */
export function keepChunk(importId: string, place: number, bytes: Buffer): Statement {
  return sql`insert into import_chunk (import_id, place, bytes) values (${importId}, ${place}::int, ${bytes})`;
}

/** Pieces of about half a megabyte, whatever the size in which they come. */
export async function* inChunks(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let gathered: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    gathered.push(piece);
    size += piece.length;
    if (size < chunkBytes) continue;
    yield Buffer.concat(gathered);
    gathered = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(gathered);
}

/** The file as it came, a piece at a time. */
export async function* readFile(database: Database, importId: string): AsyncGenerator<Buffer> {
  for (let place = 0; ; place += 1) {
    const [chunk] = await database.query<{ bytes: Buffer }>(
      sql`select bytes from import_chunk where import_id = ${importId} and place = ${place}::int`,
    );
    if (!chunk) return;
    yield chunk.bytes;
  }
}
