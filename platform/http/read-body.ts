import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import type { Admission } from './admission.ts';
import { HttpRefusal } from './problem.ts';

/** How much of a too large body is still read and thrown away, so that its sender can hear the answer. */
const politeBytes = 32 * 1024 * 1024;

export interface BodyOptions {
  /** Most bytes, after decompression. */
  limit: number;
  admission: Admission;
}

export interface HeldBody {
  bytes: Buffer;
  /** To be called when the bytes are no longer needed. */
  release(): void;
}

/** The whole body. Throws HttpRefusal `payload_too_large`, `unsupported_media_type` (of its encoding), `malformed`; AppError `unavailable` when too much is held. */
export async function readBody(request: IncomingMessage, { limit, admission }: BodyOptions): Promise<HeldBody> {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new HttpRefusal('unsupported_media_type', `The content encoding ${encoding} is not known. Send it with gzip or without.`, {
      headers: { 'accept-encoding': 'gzip, identity' },
    });
  }
  const declared = request.headers['content-length'];
  const release = admission.hold(encoding === 'identity' && declared !== undefined ? Math.min(Number(declared), limit) : limit);
  try {
    const bytes = encoding === 'gzip' ? await readGzip(request, limit) : await readPlain(request, limit);
    return { bytes, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Refuses a body that is not JSON in UTF-8 by its header. */
export function requireJson(contentType: string | undefined): void {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const isJson = /^application\/(?:[\w.-]+\+)?json$/.test(type.trim());
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  if (isJson && (charset === undefined || /^charset="?utf-?8"?$/.test(charset))) return;
  throw new HttpRefusal('unsupported_media_type', 'Send the body as JSON in UTF-8, with Content-Type: application/json.', {
    headers: { accept: 'application/json' },
  });
}

async function readPlain(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
    else if (size > limit + politeBytes) break;
  }
  if (size > limit) throw tooLarge(limit);
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size);
}

/** Counts what comes out of the decompression, so that a small bomb stays small. */
function readGzip(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const gunzip = createGunzip();
    const fail = (error: Error) => {
      request.unpipe(gunzip);
      gunzip.destroy();
      request.resume();
      reject(error);
    };
    gunzip.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) fail(tooLarge(limit));
      else chunks.push(chunk);
    });
    gunzip.on('end', () => resolve(Buffer.concat(chunks, size)));
    gunzip.on('error', () => fail(new HttpRefusal('malformed', 'The body is not gzip, though its Content-Encoding says so.')));
    request.on('error', fail);
    request.pipe(gunzip);
  });
}

function tooLarge(limit: number): HttpRefusal {
  return new HttpRefusal('payload_too_large', `The body is larger than ${limit} bytes.`, { headers: { connection: 'close' } });
}
