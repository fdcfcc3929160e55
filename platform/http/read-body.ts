import type { IncomingMessage } from 'node:http';
import { createGunzip, type Gunzip } from 'node:zlib';
import type { Admission, HeldBytes } from './admission.ts';
import { parseJson } from './json-body.ts';
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
  const gunzip = isGzip(request) ? createGunzip() : undefined;
  const held = admission.hold();
  try {
    const bytes = await collect(request, gunzip, limit, held);
    return { bytes, release: held.release };
  } catch (error) {
    held.release();
    throw error;
  }
}

/** Throws HttpRefusal `unsupported_media_type` for every encoding but gzip and none. */
export function isGzip({ headers }: IncomingMessage): boolean {
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'gzip' || encoding === 'identity') return encoding === 'gzip';
  throw new HttpRefusal('unsupported_media_type', `The content encoding ${encoding} is not known. Send it with gzip or without.`, {
    headers: { 'accept-encoding': 'gzip, identity' },
  });
}

/** The body as JSON. An empty one is an empty object: a command may need nothing but its path. */
export async function readJsonBody(request: IncomingMessage, options: BodyOptions): Promise<{ value: unknown; release(): void }> {
  const { bytes, release } = await readBody(request, options);
  try {
    if (bytes.length === 0) return { value: {}, release };
    requireJson(request.headers['content-type']);
    return { value: parseJson(bytes), release };
  } catch (error) {
    release();
    throw error;
  }
}

function requireJson(contentType: string | undefined): void {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const isJson = /^application\/(?:[\w.-]+\+)?json$/.test(type.trim());
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  if (isJson && (charset === undefined || /^charset="?utf-?8"?$/.test(charset))) return;
  throw new HttpRefusal('unsupported_media_type', 'Send the body as JSON in UTF-8, with Content-Type: application/json.', {
    headers: { accept: 'application/json' },
  });
}

/** Counts what comes out of a decompression, so that a small bomb stays small. */
function collect(request: IncomingMessage, gunzip: Gunzip | undefined, limit: number, held: HeldBytes): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let fault: Error | undefined;
    const stopAndRefuse = (error: Error) => {
      if (gunzip) request.unpipe(gunzip).resume();
      else request.pause();
      gunzip?.destroy();
      reject(error);
    };
    const source = gunzip ? request.pipe(gunzip) : request;
    source.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (!fault) {
        try {
          if (size > limit) throw tooLarge(limit);
          held.grow(chunk.length);
          chunks.push(chunk);
        } catch (error) {
          fault = error as Error;
          chunks.length = 0;
        }
      }
      if (fault && (gunzip || size > limit + politeBytes)) stopAndRefuse(fault);
    });
    source.on('end', () => (fault ? reject(fault) : resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size))));
    gunzip?.on('error', () => stopAndRefuse(new HttpRefusal('malformed', 'The body is not gzip, though its Content-Encoding says so.')));
    request.on('error', stopAndRefuse);
  });
}

function tooLarge(limit: number): HttpRefusal {
  return new HttpRefusal('payload_too_large', `The body is larger than ${limit} bytes.`, { headers: { connection: 'close' } });
}
