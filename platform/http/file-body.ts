import type { Request } from 'express';
import type { BodyBytes, Contract } from '../contract/contract.ts';
import { tooManyBytes } from '../rpc/stream-messages.ts';
import type { Edge } from './create-edge.ts';
import { HttpRefusal } from './problem.ts';
import { isGzip } from './read-body.ts';
import { readPathParameters, readQuery } from './read-url.ts';
import { type RestMethod, readMessage } from './rest-call.ts';
import { openStreamBody } from './stream-body.ts';
import type { StreamMessages } from './stream-messages.ts';

/** Most bytes of one piece of a file; so many are held for each file that comes or goes. */
export const longestPiece = 64 * 1024;

interface FileReading {
  contract: Contract;
  method: RestMethod;
  bodyBytes: BodyBytes;
}

/**
 * The messages of a body that is a file: the fields of path and query stand in the first, the bytes in all of them. Throws AppError `invalid_input`
 * before anything is read, `unavailable` when too much is held; HttpRefusal `payload_too_large`, `unsupported_media_type`. The messages throw
 * `payload_too_large`, `malformed` and, when the sender goes away before the end, `unavailable`.
 */
export function openFile(request: Request, { contract, method, bodyBytes }: FileReading, { admission }: Pick<Edge, 'admission'>): StreamMessages {
  refuseForm(request.headers['content-type']);
  refuseLength(request, bodyBytes);
  const first = readMessage(contract, method, { path: readPathParameters(request), query: readQuery(request), body: {} }, undefined);
  const held = admission.hold();
  held.grow(longestPiece);
  try {
    const { chunks, letGo } = openStreamBody(request, bodyBytes.most, tooManyBytes(bodyBytes));
    return {
      messages: readPieces(chunks, first, bodyBytes.field),
      letGo() {
        letGo();
        held.release();
      },
    };
  } catch (error) {
    held.release();
    throw error;
  }
}

/** An empty file is one message without bytes. */
async function* readPieces(chunks: AsyncIterable<Uint8Array>, first: object, field: string): AsyncGenerator<object, void> {
  let fields: object | undefined = first;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += longestPiece) {
      yield { ...fields, [field]: chunk.subarray(start, start + longestPiece) };
      fields = undefined;
    }
  }
  if (fields) yield fields;
}

/** A form has other things around the file, which would be taken for parts of it. */
function refuseForm(contentType: string | undefined): void {
  if (!/^\s*multipart\//i.test(contentType ?? '')) return;
  throw new HttpRefusal('unsupported_media_type', 'Send the file itself as the body, not a form with it: curl --data-binary @file.', {
    headers: { accept: 'application/octet-stream' },
  });
}

function refuseLength(request: Request, bodyBytes: BodyBytes): void {
  if (isGzip(request) || Number(request.headers['content-length'] ?? 0) <= bodyBytes.most) return;
  throw new HttpRefusal('payload_too_large', tooManyBytes(bodyBytes));
}
