import type { MethodContract } from '../contract/contract.ts';
import type { AppError } from '../errors/app-error.ts';
import type { Served } from '../service/define-service.ts';
import { bindAnswers } from './bind-answers.ts';
import type { StreamCall, StreamMethod } from './call.ts';
import { methodProperty } from './method-property.ts';
import { readMessages } from './read-messages.ts';
import { refuseKey } from './refuse-key.ts';
import { type MethodServing, ServedCall } from './served-call.ts';
import { admit, observeCalls, type Serving, shortName } from './server.ts';
import { messageReader, type ReadMessage } from './stream-messages.ts';
import type { BoundStream, BoundStreams } from './transport.ts';

export interface StreamServing extends Serving {
  served: readonly Served[];
  /** Milliseconds that a stream waits for its next message; 30 000 unless told. */
  streamIdle?: number;
}

/** What `bindMethods` is for calls, for the methods that take streams or give them: by the service's full name. */
export function bindStreams({ served, ...serving }: StreamServing): Record<string, BoundStreams> {
  return Object.fromEntries(served.map((one) => [one.token.name, { taking: bindTaking(one, serving), giving: bindAnswers(one, serving) }]));
}

function bindTaking({ token, methods }: Served, serving: Omit<StreamServing, 'served'>): Record<string, BoundStream> {
  const taking = serving.contract.methods.filter(({ service, takesStream }) => service === token.name && takesStream);
  return Object.fromEntries(taking.map((method) => [method.name, bindStream(method, findImplementation(method, methods), serving)]));
}

function findImplementation({ service, name }: MethodContract, methods: object): StreamMethod<object, object> {
  const implementation = (methods as Readonly<Record<string, StreamMethod<object, object> | undefined>>)[methodProperty(name)];
  if (!implementation) throw new Error(`${service} has no implementation of ${name}`);
  return (requests, call) => implementation.call(methods, requests, call);
}

function bindStream(method: MethodContract, run: StreamMethod<object, object>, serving: Omit<StreamServing, 'served'>): BoundStream {
  const { contract, database, clock, newId, log, metrics, streamIdle = 30_000 } = serving;
  const decisions: MethodServing = { name: shortName(method), database, clock, newId, log, encode: encodeNothing };
  const observe = observeCalls(method, serving);
  const counted = metrics.streamMessages.labels({ service: method.service, method: method.name });

  return (requests, options) =>
    observe(options, async (allowance) => {
      const readMessage = messageReader(method, contract);
      const read: ReadMessage = (bytes, number) => {
        counted.inc();
        return readMessage(bytes, number);
      };
      admit(options.principal, method);
      refuseKey(options.idempotencyKey);
      const over = allowance.signal();
      over.addEventListener('abort', () => requests.breakOff(over.reason as AppError), { once: true });
      const messages = readMessages(requests, { idle: streamIdle, read });
      const answer = await run(
        messages,
        openStreamCall(() => new ServedCall(decisions, options, allowance, undefined)),
      );
      return { body: contract.encode(method.response, answer), replayed: false };
    });
}

function openStreamCall(beginDecision: () => ServedCall): StreamCall {
  const whole = beginDecision();
  return {
    principal: whole.principal,
    deadline: whole.deadline,
    get signal() {
      return whole.signal;
    },
    get log() {
      return whole.log;
    },
    within: (milliseconds, more) => whole.within(milliseconds, more),
    beginDecision,
  };
}

/** What a decision answers stays in its service: only the answer of the whole stream travels. */
function encodeNothing(): Uint8Array {
  return new Uint8Array();
}
