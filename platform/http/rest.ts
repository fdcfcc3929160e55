import { type Express, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Clock } from '../clock/clock.ts';
import type { Contract } from '../contract/contract.ts';
import { nobody, type Principal, requirePermission } from '../rpc/call.ts';
import type { Invoke, InvokeAnswers, InvokeStream } from '../rpc/client.ts';
import { sendJson } from './answer.ts';
import { openAnswerDoor } from './answer-door.ts';
import { mountBatches } from './batch/mount-batches.ts';
import { isUnchanged, readExpectedVersion, readIdempotencyKey } from './conditional.ts';
import { allowOnly, type Edge } from './create-edge.ts';
import { factsOf } from './observe-requests.ts';
import { readJsonBody } from './read-body.ts';
import { readPathParameters, readQuery } from './read-url.ts';
import { byPrecision, type RestAnswer, type RestMethod, readMessage, toRestAnswer } from './rest-call.ts';
import { openStreamDoor, type StreamDoor } from './stream-door.ts';

export interface RestOptions {
  contract: Contract;
  clock: Clock;
  /** Who asks. Throws AppError `unauthenticated`, HttpRefusal `too_many_requests`. */
  identify(request: Request): Promise<Principal>;
  /** Counts so many more requests of whoever sent this one: a batch is as many as it has operations. Throws HttpRefusal `too_many_requests`. */
  countMore?(request: Request, requests: number): Promise<void>;
  invoke: Invoke;
  invokeStream: InvokeStream;
  invokeAnswers: InvokeAnswers;
  /** Milliseconds that a call may take; 10 000 unless told. */
  patience?: number;
  /** Milliseconds that a batch may take; 30 000 unless told. */
  batchPatience?: number;
  /** Milliseconds that a stream may take; an hour unless told. */
  streamPatience?: number;
  /** Milliseconds in which the reader of a file must take some of it; 60 000 unless told. */
  readerPatience?: number;
  /** Bytes that a stream may have, unpacked; 16 GiB unless told. */
  streamBytes?: number;
}

/** Gives every method of the contract that has an HTTP route its place, and every collection its batches: there is no code per resource. */
export function mountRest(app: Express, edge: Edge, options: RestOptions): Pick<StreamDoor, 'drain'> {
  const coming = openStreamDoor(edge, options, sendAnswer);
  const going = openAnswerDoor(edge, options);
  const answer = (method: RestMethod) => {
    if (method.takesStream) return coming.answer(method);
    return method.givesStream ? going.answer(method) : answerMethod(method, edge, options);
  };
  const paths = new Map<string, RestMethod[]>();
  for (const method of options.contract.methods) {
    if (method.http) paths.set(method.http.path, [...(paths.get(method.http.path) ?? []), method as RestMethod]);
  }
  const resources = new Map<string, Router>();
  const routerOf = (path: string): Router => {
    const resource = resourceOf(path);
    const router = resources.get(resource) ?? Router();
    resources.set(resource, router);
    return router;
  };
  for (const [path, methods] of [...paths].sort(([left], [right]) => byPrecision(left, right))) {
    const router = routerOf(path);
    for (const method of methods) router[method.http.verb](path, edge.admit, answer(method));
    router.all(path, allowOnly(methods.map(({ http }) => http.verb)));
  }
  mountBatches(routerOf, edge, options);
  // A request looks only through the routes of its own resource: Express tries one after the other.
  app.use((request, response, next) => {
    const router = resources.get(resourceOf(request.path));
    if (router) router(request, response, next);
    else next();
  });
  return {
    drain() {
      coming.drain();
      going.drain();
    },
  };
}

/** `/api/v1/tickets` of `/api/v1/tickets/:id` and of `/api/v1/tickets:batch`. */
function resourceOf(path: string): string {
  return /^(?:\/[\w-]+){1,3}/.exec(path)?.[0] ?? path;
}

function answerMethod(method: RestMethod, edge: Edge, { contract, clock, identify, invoke, patience = 10_000 }: RestOptions): RequestHandler {
  const route = method.http;
  return async (request, response) => {
    const facts = factsOf(request);
    facts.route = route.path;
    if (method.public) await edge.admission.count({ address: request.ip ?? '' });
    const principal = method.public ? nobody : await identify(request);
    facts.principal = principal;
    requirePermission(principal, method);
    const isRead = route.verb === 'get';
    const idempotencyKey = isRead ? undefined : readIdempotencyKey(request.headers);
    const expectedVersion = method.needsIfMatch ? readExpectedVersion(request.headers['if-match']) : undefined;

    const body = route.body
      ? await readJsonBody(request, { limit: edge.limits.bodyBytes, admission: edge.admission })
      : { value: undefined, release: () => undefined };
    // A command that has reached us is carried out, whether or not its sender waits for the answer.
    const cancel = isRead ? new AbortController() : undefined;
    if (cancel) response.once('close', () => cancel.abort());
    try {
      const input = { path: readPathParameters(request), query: readQuery(request), body: body.value };
      const { answer, replayed } = await invoke(method, readMessage(contract, method, input, expectedVersion), {
        deadline: clock.now() + patience,
        principal,
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        ...(cancel && { signal: cancel.signal }),
      });
      if (replayed) response.setHeader('idempotent-replayed', 'true');
      sendAnswer(request, response, toRestAnswer(contract, method, answer));
    } finally {
      body.release();
    }
  };
}

function sendAnswer(request: Request, response: Response, { status, etag, location, body }: RestAnswer): void {
  response.setHeader('cache-control', 'no-store');
  if (etag !== undefined) response.setHeader('etag', etag);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (isRead && isUnchanged(request.headers['if-none-match'], etag)) {
    response.status(304).end();
    return;
  }
  if (location !== undefined) response.setHeader('location', location);
  if (body === undefined) response.status(status).end();
  else sendJson(response, status, body);
}
