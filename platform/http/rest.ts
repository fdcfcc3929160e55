import { type Express, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Clock } from '../clock/clock.ts';
import type { Contract, HttpRoute, MethodContract } from '../contract/contract.ts';
import { readRequest } from '../contract/read-request.ts';
import { AppError } from '../errors/app-error.ts';
import { may, nobody, type Principal } from '../rpc/call.ts';
import type { Invoke, InvokeStream } from '../rpc/client.ts';
import { sendJson } from './answer.ts';
import { etagOf, isUnchanged, readExpectedVersion, readIdempotencyKey } from './conditional.ts';
import { allowOnly, type Edge } from './create-edge.ts';
import { factsOf } from './observe-requests.ts';
import { readJsonBody } from './read-body.ts';
import { readPathParameters, readQuery } from './read-url.ts';
import { openStreamDoor, type StreamDoor } from './stream-door.ts';

export interface RestOptions {
  contract: Contract;
  clock: Clock;
  /** Who asks. Throws AppError `unauthenticated`, HttpRefusal `too_many_requests`. */
  identify(request: Request): Promise<Principal>;
  invoke: Invoke;
  invokeStream: InvokeStream;
  /** Milliseconds that a call may take; 10 000 unless told. */
  patience?: number;
  /** Milliseconds that a stream may take; an hour unless told. */
  streamPatience?: number;
  /** Bytes that a stream may have, unpacked; 16 GiB unless told. */
  streamBytes?: number;
}

type RestMethod = MethodContract & { http: HttpRoute };

/** Gives every method of the contract that has an HTTP route its place: there is no code per resource. */
export function mountRest(app: Express, edge: Edge, options: RestOptions): Pick<StreamDoor, 'drain'> {
  const streams = openStreamDoor(edge, options, { requirePermission, sendAnswer });
  const answer = (method: RestMethod) => (method.takesStream ? streams.answer(method) : answerMethod(method, edge, options));
  const paths = new Map<string, RestMethod[]>();
  for (const method of options.contract.methods) {
    if (method.http) paths.set(method.http.path, [...(paths.get(method.http.path) ?? []), method as RestMethod]);
  }
  const resources = new Map<string, Router>();
  for (const [path, methods] of [...paths].sort(byPrecision)) {
    const resource = resourceOf(path);
    const router = resources.get(resource) ?? Router();
    resources.set(resource, router);
    for (const method of methods) router[method.http.verb](path, edge.admit, answer(method));
    router.all(path, allowOnly(methods.map(({ http }) => http.verb)));
  }
  // A request looks only through the routes of its own resource: Express tries one after the other.
  app.use((request, response, next) => {
    const router = resources.get(resourceOf(request.path));
    if (router) router(request, response, next);
    else next();
  });
  return streams;
}

/** `/api/v1/tickets` of `/api/v1/tickets/:id` and of `/api/v1/tickets:batch`. */
function resourceOf(path: string): string {
  return /^(?:\/[\w-]+){1,3}/.exec(path)?.[0] ?? path;
}

/** `/items/upsert` stands before `/items/:id`, which would take it too. */
function byPrecision([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  const key = (path: string) => path.replace(/(?<!\\):\w+/g, '\uffff');
  return key(left) < key(right) ? -1 : 1;
}

function answerMethod(method: RestMethod, edge: Edge, { contract, clock, identify, invoke, patience = 10_000 }: RestOptions): RequestHandler {
  const route = method.http;
  return async (request, response) => {
    const facts = factsOf(request);
    facts.route = route.path;
    const principal = method.public ? nobody : await identify(request);
    facts.principal = principal;
    requirePermission(principal, method);
    const isRead = route.verb === 'get';
    const idempotencyKey = isRead ? undefined : readIdempotencyKey(request.headers);
    const expectedVersion = method.needsIfMatch ? { expectedVersion: readExpectedVersion(request.headers['if-match']) } : {};

    const body = route.body
      ? await readJsonBody(request, { limit: edge.limits.bodyBytes, admission: edge.admission })
      : { value: undefined, release: () => undefined };
    // A command that has reached us is carried out, whether or not its sender waits for the answer.
    const cancel = isRead ? new AbortController() : undefined;
    if (cancel) response.once('close', () => cancel.abort());
    try {
      const { message, violations } = readRequest(contract, method, {
        path: readPathParameters(request),
        query: readQuery(request),
        body: body.value,
      });
      const asked = { ...message, ...expectedVersion };
      const faults = [...violations, ...contract.violations(method.request, asked)];
      if (faults.length > 0) throw new AppError('invalid_input', explainFaults(faults.length), { violations: faults });
      const { answer, replayed } = await invoke(method, asked, {
        deadline: clock.now() + patience,
        principal,
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        ...(cancel && { signal: cancel.signal }),
      });
      if (replayed) response.setHeader('idempotent-replayed', 'true');
      sendAnswer(request, response, route, contract.toJson(method.response, answer));
    } finally {
      body.release();
    }
  };
}

function requirePermission(principal: Principal, method: MethodContract): void {
  if (method.public || method.permissions.length === 0 || method.permissions.some((permission) => may(principal, permission))) return;
  throw new AppError('not_allowed', `This needs the permission ${method.permissions.join(' or ')}.`);
}

function sendAnswer(request: Request, response: Response, route: HttpRoute, answer: object): void {
  response.setHeader('cache-control', 'no-store');
  const etag = etagOf(answer);
  if (etag !== undefined) response.setHeader('etag', etag);
  if (route.verb === 'get' && isUnchanged(request.headers['if-none-match'], etag)) {
    response.status(304).end();
    return;
  }
  if (route.location !== undefined) response.setHeader('location', fillLocation(route.location, answer));
  if (route.status === 204) response.status(204).end();
  else sendJson(response, route.status, answer);
}

function fillLocation(template: string, answer: object): string {
  const fields = answer as Readonly<Record<string, unknown>>;
  return template.replace(/\{(\w+)\}/g, (_, field: string) => encodeURIComponent(String(fields[field])));
}

function explainFaults(count: number): string {
  return count === 1 ? 'One field does not fit.' : `${count} fields do not fit.`;
}
