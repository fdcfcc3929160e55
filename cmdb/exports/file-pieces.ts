import type { Readable } from 'node:stream';
import type { FileChunk } from '../../generated/opora/api/v1/file.ts';

export const mediaTypes = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8',
} as const;

const pieceBytes = 64 * 1024;

/** A file as a method gives it; nobody reading any more ends the making of it. */
export async function* inPieces(file: AsyncIterable<Uint8Array> | Readable, facts: Pick<FileChunk, 'name' | 'mediaType'>): AsyncGenerator<FileChunk> {
  let head: Pick<FileChunk, 'name' | 'mediaType'> | undefined = facts;
  let gathered: Uint8Array[] = [];
  let size = 0;
  for await (const piece of file as AsyncIterable<Uint8Array>) {
    gathered.push(piece);
    size += piece.length;
    if (size < pieceBytes) continue;
    yield { ...head, data: Buffer.concat(gathered) };
    [head, gathered, size] = [undefined, [], 0];
  }
  if (size > 0 || head) yield { ...head, data: Buffer.concat(gathered) };
}
