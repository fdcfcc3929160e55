import type { Express } from 'express';
import { AppError } from '../../platform/errors/app-error.ts';
import { sendJson } from '../../platform/http/answer.ts';
import type { Edge } from '../../platform/http/create-edge.ts';
import { may } from '../../platform/rpc/call.ts';
import type { Parts } from '../../platform/service/define-service.ts';
import type { PartStates } from '../../platform/service/readiness.ts';
import { describePart } from './describe-part.ts';
import type { Identifier } from './identify.ts';

/** Asked by machines all the time: kept out of the limits and, as long as all is well, out of the log. */
export const quietPaths = ['/healthz', '/readyz', '/metrics'] as const;

export function mountHealth(app: Express, edge: Edge, { readiness, metrics }: Pick<Parts, 'readiness' | 'metrics'>, identifier: Identifier): void {
  app.get('/healthz', (_request, response) => sendJson(response, 200, { status: 'alive' }));

  app.get('/readyz', async (_request, response) => {
    const { ready, parts } = await readiness();
    response.setHeader('cache-control', 'no-store');
    if (!ready) response.setHeader('retry-after', '2');
    sendJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', parts: tellParts(parts) });
  });

  app.get('/metrics', async (request, response) => {
    // The socket's own address, not what a header says.
    if (!isLoopback(request.socket.remoteAddress)) {
      const { principal } = await identifier.identify(request, edge.admission);
      if (!may(principal, 'operations.manage')) throw new AppError('not_allowed', 'This needs the permission operations.manage.');
    }
    const text = await metrics.registry.metrics();
    response.setHeader('content-type', metrics.registry.contentType);
    response.end(text);
  });
}

function tellParts(parts: PartStates): Record<string, { ready: boolean; detail?: string }> {
  const told = Object.entries(parts).map(([name, part]) => {
    const detail = describePart(part, 'en');
    return [name, { ready: part.ready, ...(detail !== undefined && { detail }) }] as const;
  });
  return Object.fromEntries(told);
}

function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address ?? '');
}
