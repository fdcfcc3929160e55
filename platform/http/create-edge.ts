import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { AppError } from '../errors/app-error.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type Admission, createAdmission, type EdgeLimits } from './admission.ts';
import { sendProblem } from './answer.ts';
import { observeRequests } from './observe-requests.ts';
import { HttpRefusal } from './problem.ts';

export interface EdgeOptions {
  log: Logger;
  metrics: Metrics;
  limits: EdgeLimits;
  /** Addresses or networks of proxies whose X-Forwarded-* are believed; none: nobody's. */
  trustedProxies: readonly string[];
  /** Paths that are asked all the time by machines: their log lines are for debugging only. */
  quietPaths: readonly string[];
  /** Adds the routes. */
  mount(app: Express, edge: Edge): void;
}

export interface Edge {
  log: Logger;
  limits: EdgeLimits;
  admission: Admission;
  /** Takes a place among the requests under way, and gives it back when the answer has gone or its reader has. */
  admit: RequestHandler;
}

/** Scripts, styles and images only from this origin, no frames: pages need nothing more. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:'],
    'font-src': ["'self'"],
    'connect-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'self'"],
    'frame-ancestors': ["'none'"],
  },
};

/** The Express application of the outer edge: whatever happens in a route, the answer is JSON, HTML only where a route says so, and never a stack. */
export function createEdge({ log, metrics, limits, trustedProxies, quietPaths, mount }: EdgeOptions): Express {
  const admission = createAdmission(limits);
  const admit: RequestHandler = (_request, response, next) => {
    response.once('close', admission.enter());
    next();
  };

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.set('trust proxy', [...trustedProxies]);
  app.use(observeRequests({ log, metrics, quietPaths }));
  app.use(helmet({ contentSecurityPolicy, referrerPolicy: { policy: 'same-origin' } }));
  mount(app, { log, limits, admission, admit });
  app.use((request: Request) => {
    throw new AppError('not_found', `There is nothing at ${request.path}. What there is: /api/docs.`);
  });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if (request.socket.destroyed) return;
    sendProblem(asRefusal(error), request, response, log);
  });
  return app;
}

/** Refuses the other methods of a path with `Allow`. Comes after the routes of the path. */
export function allowOnly(methods: readonly string[]): RequestHandler {
  const allow = [...new Set([...methods.map((method) => method.toUpperCase()), ...(methods.includes('get') ? ['HEAD'] : []), 'OPTIONS'])].join(', ');
  return (request, response) => {
    if (request.method !== 'OPTIONS') throw new HttpRefusal('method_not_allowed', `${request.path} takes ${allow}.`, { headers: { allow } });
    response.setHeader('allow', allow);
    response.status(204).end();
  };
}

/** Express's own refusal is of a path with broken percent-encoding. */
function asRefusal(error: unknown): unknown {
  const isExpress = error instanceof Error && 'status' in error && error.status === 400;
  return isExpress ? new HttpRefusal('malformed', 'The path is not encoded as a URL must be.') : error;
}
