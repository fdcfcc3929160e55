import type { IRouter, RequestHandler, Response } from 'express';
import { sendJson } from '../answer.ts';
import { readIdempotencyKey } from '../conditional.ts';
import { allowOnly, type Edge } from '../create-edge.ts';
import { factsOf } from '../observe-requests.ts';
import { readJsonBody } from '../read-body.ts';
import { readQuery } from '../read-url.ts';
import type { RestOptions } from '../rest.ts';
import type { RestMethod } from '../rest-call.ts';
import type { BatchContext } from './batch-context.ts';
import { type AllOutcome, carryOutAll } from './carry-out-all.ts';
import { carryOutEach } from './carry-out-each.ts';
import { methodFinder } from './find-method.ts';
import { planOperations } from './plan-operations.ts';
import { readBatch } from './read-batch.ts';
import type { Result } from './result.ts';

/** Gives every collection of the contract `POST <collection>:batch`, which takes what changes something there. */
export function mountBatches(routerOf: (path: string) => IRouter, edge: Edge, options: RestOptions): void {
  const collections = new Map<string, RestMethod[]>();
  for (const method of options.contract.methods) {
    const collection = method.http?.collection;
    if (collection !== undefined) collections.set(collection, [...(collections.get(collection) ?? []), method as RestMethod]);
  }
  for (const [collection, methods] of collections) {
    const path = `${collection}\\:batch`;
    const router = routerOf(path);
    router.post(path, edge.admit, answerBatch(collection, methods, edge, options));
    router.all(path, allowOnly(['post']));
  }
}

function answerBatch(expressPath: string, methods: readonly RestMethod[], edge: Edge, options: RestOptions): RequestHandler {
  const { contract, clock, identify, countMore, invoke, patience = 10_000, batchPatience = 30_000 } = options;
  const collection = expressPath.replaceAll('\\', '');
  const findMethod = methodFinder(expressPath, methods);

  return async (request, response) => {
    const facts = factsOf(request);
    facts.route = `${collection}:batch`;
    const principal = await identify(request);
    facts.principal = principal;
    const idempotencyKey = readIdempotencyKey(request.headers);
    const { value, release } = await readJsonBody(request, { limit: edge.limits.bodyBytes, admission: edge.admission });
    try {
      const context: BatchContext = {
        contract,
        invoke,
        clock,
        log: edge.log,
        principal,
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        deadline: clock.now() + batchPatience,
        patience,
        instance: request.path,
        ...(facts.traceId !== undefined && { traceId: facts.traceId }),
      };
      const { mode, operations } = readBatch(contract, value, readQuery(request));
      if (operations.length > 1) await countMore?.(request, operations.length - 1);
      const plans = planOperations(operations, { contract, principal, collection, findMethod });
      sendOutcome(response, mode === 'all' ? await carryOutAll(plans, context) : { results: await carryOutEach(plans, context) });
    } finally {
      release();
    }
  };
}

function sendOutcome(response: Response, outcome: AllOutcome | { results: Result[] }): void {
  response.setHeader('cache-control', 'no-store');
  if ('problem' in outcome) {
    sendJson(response, outcome.problem.status, outcome.problem, 'application/problem+json; charset=utf-8');
    return;
  }
  const { results } = outcome;
  const isReplayed = 'replayed' in outcome ? outcome.replayed : results.every(({ replayed }) => replayed);
  if (isReplayed) response.setHeader('idempotent-replayed', 'true');
  sendJson(response, 200, { results });
}
