import type { Express, NextFunction, Request, Response } from 'express';
import { IngestService } from '../../generated/opora/monitoring/v1/monitoring.ts';
import { AppError, isAppError } from '../../platform/errors/app-error.ts';
import { sendJson } from '../../platform/http/answer.ts';
import { allowOnly, type Edge } from '../../platform/http/create-edge.ts';
import { factsOf } from '../../platform/http/observe-requests.ts';
import { HttpRefusal } from '../../platform/http/problem.ts';
import { readBody } from '../../platform/http/read-body.ts';
import { readQuery } from '../../platform/http/read-url.ts';
import { may } from '../../platform/rpc/call.ts';
import type { Parts } from '../../platform/service/define-service.ts';
import { readSenderCredential } from './credentials.ts';
import type { Identifier } from './identify.ts';

const patience = 15_000;

/** The door for monitoring systems: the body goes on as it came, and 200 means that it is durable. */
export function mountIngest(
  app: Express,
  edge: Edge,
  { client, clock }: Pick<Parts, 'client' | 'clock'>,
  identifier: Identifier,
  limit: number,
): void {
  const monitoring = client(IngestService);

  app.post('/ingest/:source', edge.admit, async (request, response) => {
    const { principal } = await identifier.identify(request, edge.admission, readSenderCredential(request, readQuery(request)));
    factsOf(request).principal = principal;
    if (!may(principal, 'monitoring.ingest')) throw new AppError('not_allowed', 'This needs the permission monitoring.ingest.');
    const { bytes, release } = await readBody(request, { limit, admission: edge.admission });
    try {
      const contentType = request.headers['content-type'];
      const source = String(request.params['source']);
      const asked = { source, body: bytes, ...(contentType !== undefined && { contentType }) };
      const counts = await monitoring.ingest(asked, { deadline: clock.now() + patience, principal });
      sendJson(response, 200, counts);
    } finally {
      release();
    }
  });
  app.all('/ingest/:source', allowOnly(['post']));

  app.use('/ingest', (error: unknown, _request: Request, _response: Response, _next: NextFunction) => {
    throw asTemporary(error);
  });
}

/** Senders give up for good on any 4xx, so what will pass must be a 5xx: a storm, a lost race. */
function asTemporary(error: unknown): unknown {
  const isStorm = error instanceof HttpRefusal && (error.kind === 'too_many_requests' || error.kind === 'request_timeout');
  if (isStorm) return new AppError('unavailable', error.message, { retryAfterSeconds: Number(error.headers['retry-after'] ?? 1), cause: error });
  if (isAppError(error, 'conflict'))
    return new AppError('unavailable', 'Somebody else wrote the same at this moment. Send it again.', { cause: error });
  return error;
}
