import type { IncomingHttpHeaders } from 'node:http';
import { HttpRefusal } from './problem.ts';

const etagPattern = /^(?:W\/)?"(\d{1,9})"$/;

/** The ETag of an object: its version. Undefined when the answer has none (a list). */
export function etagOf(answer: object): string | undefined {
  const version = 'version' in answer ? answer.version : undefined;
  return typeof version === 'number' ? `"${version}"` : undefined;
}

/** The version that the caller read, of `If-Match`. Throws HttpRefusal `precondition_required` without, `malformed` for what is no ETag of ours. */
export function readExpectedVersion(header: string | undefined): number {
  if (header === undefined) {
    throw new HttpRefusal(
      'precondition_required',
      'Send If-Match with the ETag that reading the object gave, so that nobody else’s change is overwritten.',
    );
  }
  const version = etagPattern.exec(header.trim())?.[1];
  if (version === undefined || version === '0')
    throw new HttpRefusal('malformed', 'If-Match takes one ETag as reading the object gave it, like "3".');
  return Number(version);
}

/** Whether `If-None-Match` names this ETag, so that a 304 is enough. */
export function isUnchanged(header: string | undefined, etag: string | undefined): boolean {
  if (header === undefined || etag === undefined) return false;
  return header === '*' || header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}

/** `Idempotency-Key`, at most 200 printable ASCII characters. */
export function readIdempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x20-\x7e]{1,200}$/.test(key)) return key;
  throw new HttpRefusal('malformed', 'Idempotency-Key takes 1 to 200 printable ASCII characters.');
}
