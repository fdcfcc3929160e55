import type { IncomingMessage } from 'node:http';
import type { Contract, HttpRoute, MethodContract } from '../contract/contract.ts';
import { type HttpInput, readRequest } from '../contract/read-request.ts';
import { AppError } from '../errors/app-error.ts';
import { etagOf } from './conditional.ts';
import { HttpRefusal } from './problem.ts';

export type RestMethod = MethodContract & { http: HttpRoute };

/** `/items/upsert` and `/items/:id\:close` stand before `/items/:id`, which would take them too. */
export function byPrecision(left: string, right: string): number {
  const key = (path: string) => path.replace(/(?<!\\):\w+(?=\\:)/g, '\ufffe').replace(/(?<!\\):\w+/g, '\uffff');
  return key(left) < key(right) ? -1 : 1;
}

/** Throws HttpRefusal `malformed` with `way` for an Idempotency-Key. */
export function refuseKey({ headers }: Pick<IncomingMessage, 'headers'>, way: string): void {
  if (headers['idempotency-key'] !== undefined) throw new HttpRefusal('malformed', way);
}

/** The request message of a method; `expectedVersion` is what If-Match said. Throws AppError `invalid_input` with everything that does not fit. */
export function readMessage(contract: Contract, method: RestMethod, input: HttpInput, expectedVersion: number | undefined): object {
  const { message, violations } = readRequest(contract, method, input);
  const asked = expectedVersion === undefined ? message : { ...message, expectedVersion };
  const faults = [...violations, ...contract.violations(method.request, asked)];
  if (faults.length === 0) return asked;
  throw new AppError('invalid_input', faults.length === 1 ? 'One field does not fit.' : `${faults.length} fields do not fit.`, {
    violations: faults,
  });
}

/** An answer message as HTTP tells it. */
export interface RestAnswer {
  status: number;
  etag?: string;
  location?: string;
  /** Undefined with 204. */
  body?: object;
}

export function toRestAnswer(contract: Contract, { http, response }: RestMethod, message: object): RestAnswer {
  const body = contract.toJson(response, message);
  const etag = etagOf(body);
  return {
    status: http.status,
    ...(etag !== undefined && { etag }),
    ...(http.location !== undefined && { location: fillLocation(http.location, body) }),
    ...(http.status !== 204 && { body }),
  };
}

function fillLocation(template: string, answer: object): string {
  const fields = answer as Readonly<Record<string, unknown>>;
  return template.replace(/\{(\w+)\}/g, (_, field: string) => encodeURIComponent(String(fields[field])));
}
