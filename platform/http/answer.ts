import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { factsOf } from './observe-requests.ts';
import { toProblem } from './problem.ts';

export function sendJson(response: Response, status: number, value: unknown, contentType = 'application/json; charset=utf-8'): void {
  // Text, not bytes: Node then sends header and body in one write.
  const body = JSON.stringify(value);
  response.statusCode = status;
  response.setHeader('content-type', contentType);
  response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body);
}

/** Answers with problem+json; a bug is logged with its cause and shows none of it. */
export function sendProblem(error: unknown, request: Request, response: Response, log: Logger): void {
  const { traceId } = factsOf(request);
  const { problem, headers } = toProblem(error, {
    instance: request.path,
    ...(traceId !== undefined && { traceId }),
    conditional: request.headers['if-match'] !== undefined,
  });
  if (problem.status === 500) log.error({ err: error }, 'a request met a bug');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.setHeader('cache-control', 'no-store');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  sendJson(response, problem.status, problem, 'application/problem+json; charset=utf-8');
}
