import type { Contract, MethodContract } from '../contract/contract.ts';
import { AppError } from '../errors/app-error.ts';
import type { Served } from '../service/define-service.ts';
import type { StreamCall, StreamMethod } from './call.ts';
import { methodProperty } from './method-property.ts';
import { readMessages } from './read-messages.ts';
import { type MethodServing, ServedCall } from './served-call.ts';
import { admit, observeCalls, type Serving, shortName } from './server.ts';
import type { BoundStream } from './transport.ts';

export interface StreamServing extends Serving {
  served: readonly Served[];
  /** Milliseconds that a stream waits for its next message; 30 000 unless told. */
  streamIdle?: number;
}

/** What `bindMethods` is for calls, for the methods that take streams: by the service's full name, then by the method's name in proto. */
export function bindStreams({ served, ...serving }: StreamServing): Record<string, Record<string, BoundStream>> {
  const bindOf = ({ token, methods }: Served) =>
    serving.contract.methods
      .filter(({ service, takesStream }) => service === token.name && takesStream)
      .map((method) => [method.name, bindStream(method, findImplementation(method, methods), serving)]);
  return Object.fromEntries(served.map((one) => [one.token.name, Object.fromEntries(bindOf(one))]));
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

  const read = (bytes: Uint8Array, number: number): object => {
    counted.inc();
    return readMessage(bytes, number, method, contract);
  };
  return (requests, options) =>
    observe(options, async (allowance) => {
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

function refuseKey(idempotencyKey: string | undefined): void {
  if (idempotencyKey === undefined) return;
  throw new AppError('invalid_input', 'A stream takes no idempotency key: each message is settled by itself. Leave the key out.');
}

function readMessage(bytes: Uint8Array, number: number, { request }: MethodContract, contract: Contract): object {
  let message: object;
  try {
    message = contract.decode(request, bytes);
  } catch (error) {
    throw new AppError('invalid_input', `The bytes of message ${number} of the stream are no ${request}`, { cause: error });
  }
  const violations = contract.violations(request, message);
  if (violations.length > 0) throw new AppError('invalid_input', `Message ${number} of the stream does not fit ${request}`, { violations });
  return message;
}
