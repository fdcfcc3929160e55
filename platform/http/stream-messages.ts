import type { Request } from 'express';
import type { Contract, HttpRoute, MethodContract } from '../contract/contract.ts';
import { type HttpInput, readRequest } from '../contract/read-request.ts';
import { AppError, type FieldViolation } from '../errors/app-error.ts';
import type { Edge } from './create-edge.ts';
import { parseJson } from './json-body.ts';
import { type Line, readLines } from './ndjson.ts';
import { HttpRefusal } from './problem.ts';
import { readJsonBody } from './read-body.ts';
import { readPathParameters, readQuery } from './read-url.ts';
import { openStreamBody } from './stream-body.ts';

/** The messages that a request brings, each checked when it is asked for. */
export interface StreamMessages {
  messages: AsyncIterable<object>;
  /** To be called when nobody asks any more. */
  letGo(): void;
}

interface MessageReading {
  contract: Contract;
  method: MethodContract & { http: HttpRoute };
  path: HttpInput['path'];
}

/**
 * The messages of NDJSON, a line each, or of a JSON array within the limit of a body; the path's fields are put into each of them.
 * Throws HttpRefusal `unsupported_media_type` and what `readJsonBody` throws; the messages throw `malformed`, `payload_too_large` and
 * AppError `invalid_input` with the line, or with a pointer into the array, `unavailable` when the sender goes away.
 */
export async function openMessages(
  request: Request,
  { contract, method }: Pick<MessageReading, 'contract' | 'method'>,
  { limits, admission }: Pick<Edge, 'limits' | 'admission'>,
  longest: number,
): Promise<StreamMessages> {
  const reading = { contract, method, path: readPathParameters(request) };
  refuseQuery(readQuery(request), reading);
  if (isLines(request.headers['content-type'])) {
    const { chunks, letGo } = openStreamBody(request, longest, `The stream has more than ${longest} bytes. Send the rest as another.`);
    return { messages: readMessages(readLines(chunks, limits.bodyBytes), reading), letGo };
  }
  const { value, release } = await readJsonBody(request, { limit: limits.bodyBytes, admission });
  try {
    return { messages: each(readArray(value, reading)), letGo: release };
  } catch (error) {
    release();
    throw error;
  }
}

function isLines(contentType: string | undefined): boolean {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (/^application\/(?:x-)?ndjson$/.test(type.trim()) && isUtf8) return true;
  if (/^application\/json$/.test(type.trim()) && isUtf8) return false;
  throw new HttpRefusal('unsupported_media_type', 'Send a stream in UTF-8 as application/x-ndjson, a message on each line, or as a JSON array.', {
    headers: { accept: 'application/x-ndjson, application/json' },
  });
}

async function* readMessages(lines: AsyncIterable<Line>, reading: MessageReading): AsyncGenerator<object, void> {
  for await (const line of lines) yield readLine(line, reading);
}

function readLine({ number, bytes }: Line, reading: MessageReading): object {
  const value = parseLine(number, bytes);
  const { message, violations } = readOne(value, reading);
  if (violations.length === 0) return message;
  const told = `Line ${number} does not fit. What was committed of the lines before it stays.`;
  throw new AppError('invalid_input', told, { violations: violations.map((violation) => ({ line: number, ...violation })) });
}

function parseLine(line: number, bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, `Line ${line}`);
  } catch (error) {
    if (!(error instanceof HttpRefusal)) throw error;
    const found = error.violations.length > 0 ? error.violations : [{ pointer: '', message: error.message }];
    throw new HttpRefusal(error.kind, error.message, { violations: found.map((violation) => ({ line, ...violation })) });
  }
}

/** Everything that is wrong with an array is known before the first of its messages is taken. */
function readArray(value: unknown, reading: MessageReading): object[] {
  if (!Array.isArray(value)) throw new AppError('invalid_input', 'The body must be a JSON array of messages, or NDJSON with its type.');
  const read = value.map((one) => readOne(one, reading));
  const violations = read.flatMap((one, index) => one.violations.map(({ pointer, message }) => ({ pointer: `/${index}${pointer}`, message })));
  if (violations.length > 0) throw new AppError('invalid_input', 'The messages do not fit. None of them was taken.', { violations });
  return read.map(({ message }) => message);
}

async function* each(messages: readonly object[]): AsyncGenerator<object, void> {
  yield* messages;
}

function readOne(value: unknown, { contract, method, path }: MessageReading): { message: object; violations: FieldViolation[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { message: {}, violations: [{ pointer: '', message: 'must be a JSON object' }] };
  }
  const { message, violations } = readRequest(contract, method, { path, query: {}, body: value });
  return { message, violations: [...violations, ...contract.violations(method.request, message)] };
}

function refuseQuery(query: HttpInput['query'], { contract, method, path }: MessageReading): void {
  const { violations } = readRequest(contract, method, { path, query, body: {} });
  if (violations.length > 0) throw new AppError('invalid_input', 'The query does not fit.', { violations });
}
