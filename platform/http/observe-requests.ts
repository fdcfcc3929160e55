import type { NextFunction, Request, Response } from 'express';
import type { Logger } from 'pino';
import type { Principal } from '../rpc/call.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { currentTraceId, currentTraceparent, inSpan, withTraceparent } from '../telemetry/tracing.ts';

/** What is known of a request while it is answered; each part adds what it learns. */
export interface RequestFacts {
  traceId: string | undefined;
  /** The path as the contract has it, `/api/v1/tickets/:id`, so that metrics do not grow with ids. */
  route?: string;
  principal?: Principal;
}

/** On the request itself: a WeakMap that is old keeps its young keys alive, and every request with all that hangs on it would grow old. */
const facts = Symbol('facts');

interface Observed {
  [facts]?: RequestFacts;
}

export function factsOf(request: Request): RequestFacts {
  const known = (request as Observed)[facts];
  if (!known) throw new Error('factsOf is for requests that came through observeRequests');
  return known;
}

/** Gives each request its span (a child of the caller's `traceparent`), its trace id in the answer, one line in the log and its place in the metrics. */
export function observeRequests({ log, metrics, quietPaths }: { log: Logger; metrics: Metrics; quietPaths: readonly string[] }) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const began = performance.now();
    const traceparent = request.headers['traceparent'];
    const observe = () =>
      inSpan(`HTTP ${request.method}`, { 'http.request.method': request.method, 'url.path': request.path }, async () => {
        const known: RequestFacts = { traceId: currentTraceId() };
        (request as Observed)[facts] = known;
        if (known.traceId !== undefined) response.setHeader('x-trace-id', known.traceId);
        const own = currentTraceparent();
        if (own !== undefined) response.setHeader('traceparent', own);
        const closed = new Promise<void>((resolve) => response.once('close', resolve));
        next();
        await closed;
        const seconds = (performance.now() - began) / 1000;
        const status = response.writableFinished ? response.statusCode : 499;
        const route = known.route ?? routeOf(request);
        metrics.http.observe({ method: request.method, route, status: String(status) }, seconds);
        const line = { method: request.method, path: request.path, status, ms: Math.round(seconds * 10_000) / 10, principal: known.principal?.id };
        if (quietPaths.includes(request.path)) log.debug(line, 'answered');
        else log.info(line, 'answered');
      });
    void (typeof traceparent === 'string' ? withTraceparent(traceparent, observe) : observe());
  };
}

function routeOf(request: Request): string {
  const path: unknown = request.route?.path;
  return typeof path === 'string' ? path : 'unmatched';
}
