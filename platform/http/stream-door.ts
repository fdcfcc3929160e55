import type { Request, RequestHandler, Response } from 'express';
import type { HttpRoute, MethodContract } from '../contract/contract.ts';
import { BreakableStream } from '../rpc/breakable-stream.ts';
import { longestStream, nobody, type Principal } from '../rpc/call.ts';
import { brokenOff, stopping } from '../rpc/status.ts';
import type { Edge } from './create-edge.ts';
import { factsOf } from './observe-requests.ts';
import { HttpRefusal } from './problem.ts';
import type { RestOptions } from './rest.ts';
import { openMessages } from './stream-messages.ts';

/** What a stream has in common with every other call by REST. */
interface Common {
  requirePermission(principal: Principal, method: MethodContract): void;
  sendAnswer(request: Request, response: Response, route: HttpRoute, answer: object): void;
}

/** The streams that come in by REST. */
export interface StreamDoor {
  answer(method: MethodContract & { http: HttpRoute }): RequestHandler;
  /** Ends those under way with `unavailable`, and takes no others. */
  drain(): void;
}

/** More than ten million records of a kilobyte. */
const largestStream = 16 * 1024 ** 3;

export function openStreamDoor(edge: Edge, options: RestOptions, { requirePermission, sendAnswer }: Common): StreamDoor {
  const { contract, clock, identify, invokeStream, streamPatience = longestStream, streamBytes = largestStream } = options;
  const coming = new Set<BreakableStream<object>>();
  let isDraining = false;

  const answer: StreamDoor['answer'] = (method) => async (request, response) => {
    const facts = factsOf(request);
    facts.route = method.http.path;
    if (isDraining) throw stopping();
    const principal = method.public ? nobody : await identify(request);
    facts.principal = principal;
    requirePermission(principal, method);
    refuseKey(request);
    const { messages, letGo } = await openMessages(request, { contract, method }, edge, streamBytes);
    const stream = new BreakableStream(messages);
    coming.add(stream);
    try {
      const taken = await invokeStream(method, stream, { deadline: clock.now() + streamPatience, principal });
      sendAnswer(request, response, method.http, contract.toJson(method.response, taken.answer));
    } finally {
      coming.delete(stream);
      stream.breakOff(brokenOff());
      letGo();
    }
  };
  return {
    answer,
    drain() {
      isDraining = true;
      for (const stream of coming) stream.breakOff(stopping());
    },
  };
}

function refuseKey({ headers }: Request): void {
  if (headers['idempotency-key'] === undefined) return;
  const way = 'Leave the header out, and after a failure send again what was not acknowledged: what is there already stays as it is.';
  throw new HttpRefusal('malformed', `A stream takes no Idempotency-Key: each of its messages is settled by itself. ${way}`);
}
