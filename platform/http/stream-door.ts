import type { Request, RequestHandler, Response } from 'express';
import { BreakableStream } from '../rpc/breakable-stream.ts';
import { longestStream, nobody, requirePermission } from '../rpc/call.ts';
import { brokenOff, stopping } from '../rpc/status.ts';
import type { Edge } from './create-edge.ts';
import { openFile } from './file-body.ts';
import { factsOf } from './observe-requests.ts';
import type { RestOptions } from './rest.ts';
import { type RestAnswer, type RestMethod, refuseKey, toRestAnswer } from './rest-call.ts';
import { openMessages } from './stream-messages.ts';

/** The streams that come in by REST, or go out. */
export interface StreamDoor {
  answer(method: RestMethod): RequestHandler;
  /** Ends those under way with `unavailable`, and takes no others. */
  drain(): void;
}

/** More than ten million records of a kilobyte. */
const largestStream = 16 * 1024 ** 3;

type SendAnswer = (request: Request, response: Response, answer: RestAnswer) => void;

export function openStreamDoor(edge: Edge, options: RestOptions, sendAnswer: SendAnswer): StreamDoor {
  const { contract, clock, identify, invokeStream, streamPatience = longestStream, streamBytes = largestStream } = options;
  const coming = new Set<BreakableStream<object>>();
  let isDraining = false;

  const open = (request: Request, method: RestMethod) => {
    const { bodyBytes } = method;
    return bodyBytes ? openFile(request, { contract, method, bodyBytes }, edge) : openMessages(request, { contract, method }, edge, streamBytes);
  };
  const answer: StreamDoor['answer'] = (method) => async (request, response) => {
    const facts = factsOf(request);
    facts.route = method.http.path;
    if (isDraining) throw stopping();
    const principal = method.public ? nobody : await identify(request);
    facts.principal = principal;
    requirePermission(principal, method);
    refuseKey(request, explainKey(method));
    const { messages, letGo } = await open(request, method);
    const stream = new BreakableStream(messages);
    coming.add(stream);
    try {
      const taken = await invokeStream(method, stream, { deadline: clock.now() + streamPatience, principal });
      sendAnswer(request, response, toRestAnswer(contract, method, taken.answer));
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

function explainKey({ bodyBytes }: RestMethod): string {
  if (bodyBytes) return 'A file takes no Idempotency-Key: leave the header out, and look what became of the first one before you send it again.';
  const way = 'Leave the header out, and after a failure send again what was not acknowledged: what is there already stays as it is.';
  return `A stream takes no Idempotency-Key: each of its messages is settled by itself. ${way}`;
}
