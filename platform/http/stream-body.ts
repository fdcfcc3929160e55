import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { createGunzip, type Gunzip } from 'node:zlib';
import { AppError } from '../errors/app-error.ts';
import { allowArrival } from './arrival.ts';
import { HttpRefusal } from './problem.ts';
import { type ChunkPuller, pullChunks } from './pull-chunks.ts';
import { isGzip } from './read-body.ts';

/** A body that is read as it comes, and whose rest may be left. */
export interface StreamBody {
  /** Throws AppError `unavailable` when its sender goes away before its end, HttpRefusal `malformed`, `payload_too_large`. */
  chunks: AsyncIterable<Uint8Array>;
  /** To be called when nobody reads any more: what still comes is thrown away, so that its sender can hear the answer. */
  letGo(): void;
}

/** So many bytes may come of one compressed byte … */
const mostUnpacked = 200;
/** … once there are more of them than this: a small body may be all blanks. */
const unpackedAnyway = 4 * 1024 * 1024;
/** Milliseconds in which the rest of a body that nobody reads may still come. */
const restPatience = 10_000;

/** `longest` is the most bytes of a whole stream, unpacked, and `tooLong` what its sender is told of more. Throws HttpRefusal `unsupported_media_type` for its encoding. */
export function openStreamBody(request: IncomingMessage, longest: number, tooLong: string): StreamBody {
  const gunzip = isGzip(request) ? unpack(request) : undefined;
  allowArrival(request, undefined);
  const puller = pullChunks(gunzip ?? request);
  return {
    chunks: readChunks(puller, request, gunzip, { longest, tooLong }),
    letGo() {
      if (gunzip) {
        request.unpipe(gunzip);
        gunzip.destroy();
        request.resume();
      } else puller.letGo();
      allowArrival(request, restPatience);
    },
  };
}

function unpack(request: IncomingMessage): Gunzip {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  finished(request, { writable: false }, (error) => {
    if (error) gunzip.destroy(error);
  });
  return request.pipe(gunzip);
}

async function* readChunks(
  puller: ChunkPuller,
  request: IncomingMessage,
  gunzip: Gunzip | undefined,
  { longest, tooLong }: { longest: number; tooLong: string },
): AsyncGenerator<Uint8Array, void> {
  const explain = (error: unknown) => (gunzip && (request.complete || !request.destroyed) ? notGzip(error) : senderGone(error));
  let size = 0;
  for (;;) {
    const chunk = await puller.next().catch((error: unknown) => {
      throw explain(error);
    });
    if (!chunk) return;
    size += chunk.length;
    if (size > longest) throw new HttpRefusal('payload_too_large', tooLong);
    if (gunzip && size > unpackedAnyway && size > gunzip.bytesWritten * mostUnpacked) throw tooDense();
    yield chunk;
  }
}

function senderGone(cause: unknown): AppError {
  return new AppError('unavailable', 'The sender went away before the end of the stream', { cause });
}

function notGzip(error: unknown): HttpRefusal {
  const isCutShort = (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR';
  const message = isCutShort ? 'The body ends in the middle of its gzip.' : 'The body is not gzip, though its Content-Encoding says so.';
  return new HttpRefusal('malformed', message);
}

function tooDense(): HttpRefusal {
  return new HttpRefusal('payload_too_large', `The body unfolds into more than ${mostUnpacked} times its size. Send it without gzip.`);
}
