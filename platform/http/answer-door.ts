import type { RequestHandler } from 'express';
import { AppError } from '../errors/app-error.ts';
import { BreakableStream } from '../rpc/breakable-stream.ts';
import { longestStream, nobody, requirePermission } from '../rpc/call.ts';
import { stopping } from '../rpc/status.ts';
import type { Edge } from './create-edge.ts';
import { type FileFacts, openFileAnswer } from './file-answer.ts';
import { longestPiece } from './file-body.ts';
import { factsOf } from './observe-requests.ts';
import { readJsonBody } from './read-body.ts';
import { readPathParameters, readQuery } from './read-url.ts';
import type { RestOptions } from './rest.ts';
import { type RestMethod, readMessage, refuseKey } from './rest-call.ts';
import type { StreamDoor } from './stream-door.ts';

const longestStandstill = 60_000;

/** The streams that go out by REST: files as they are. */
export function openAnswerDoor(edge: Edge, options: RestOptions): StreamDoor {
  const { contract, clock, identify, invokeAnswers, streamPatience = longestStream, readerPatience = longestStandstill } = options;
  const going = new Set<BreakableStream<object>>();
  let isDraining = false;

  const answer = (method: RestMethod): RequestHandler => {
    const bytesOf = bytesReader(method);
    return async (request, response) => {
      const facts = factsOf(request);
      facts.route = method.http.path;
      if (isDraining) throw stopping();
      const principal = method.public ? nobody : await identify(request);
      facts.principal = principal;
      requirePermission(principal, method);
      refuseKey(request, 'What only reads takes no Idempotency-Key: leave the header out.');

      const held = edge.admission.hold();
      held.grow(longestPiece);
      const leaving = new AbortController();
      response.once('close', () => leaving.abort());
      let stream: BreakableStream<object> | undefined;
      let release: () => void = () => undefined;
      try {
        const body = method.http.body ? await readJsonBody(request, { limit: edge.limits.bodyBytes, admission: edge.admission }) : undefined;
        if (body) release = body.release;
        const message = readMessage(contract, method, { path: readPathParameters(request), query: readQuery(request), body: body?.value }, undefined);
        stream = new BreakableStream(invokeAnswers(method, message, { deadline: clock.now() + streamPatience, principal, signal: leaving.signal }));
        going.add(stream);
        const first = await stream.next();
        const file = openFileAnswer(request, response, first.done ? {} : (first.value as FileFacts), readerPatience);
        try {
          if (request.method !== 'HEAD') for (let step = first; !step.done; step = await stream.next()) await file.write(bytesOf(step.value));
          file.end();
        } catch (error) {
          file.breakOff();
          throw error;
        }
      } finally {
        if (stream) going.delete(stream);
        leaving.abort();
        stream?.breakOff(new AppError('unavailable', 'The answer is over'));
        release();
        held.release();
      }
    };
  };
  return {
    answer,
    drain() {
      isDraining = true;
      for (const stream of going) stream.breakOff(stopping());
    },
  };
}

function bytesReader({ answerBytes = '' }: RestMethod): (message: object) => Uint8Array {
  return (message) => (message as Readonly<Record<string, Uint8Array>>)[answerBytes] ?? new Uint8Array();
}
