import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { Contract, MethodContract } from '../contract/contract.ts';
import { AppError } from '../errors/app-error.ts';
import type { CallOptions, Client, ServiceToken, StreamOptions } from './call.ts';
import { requireSize } from './message-size.ts';
import { methodProperty } from './method-property.ts';
import type { Reply, RpcTransport } from './transport.ts';

export interface Calling {
  contract: Contract;
  transport: RpcTransport;
  clock?: Clock;
}

/** Calls a method by its description. */
export type Invoke = (method: MethodContract, request: object, options: CallOptions) => Promise<{ answer: object; replayed: boolean }>;

/** Calls a method that takes a stream. What `requests` throws is thrown here; nothing is ever sent again. */
export type InvokeStream = (
  method: MethodContract,
  requests: AsyncIterable<object> | Iterable<object>,
  options: StreamOptions,
) => Promise<{ answer: object }>;

/** Calls a method that gives a stream. The call is made when the first answer is asked for; nothing is ever asked again. */
export type InvokeAnswers = (method: MethodContract, request: object, options: StreamOptions) => AsyncIterable<object>;

const firstPause = 50;
const longestPause = 1000;

/** What the edge takes, which translates every method and knows none; services that know whom they ask take `createClient`. */
export function createInvoke({ contract, transport, clock = systemClock }: Calling): Invoke {
  return async (method, request, options) => {
    const reply = await send(method, contract.encode(method.request, request), route(method, request, options), { transport, clock });
    return { answer: contract.decode(method.response, reply.body), replayed: reply.replayed };
  };
}

function route<Options extends StreamOptions>({ routedBy }: MethodContract, request: object, options: Options): Options {
  const host = routedBy === undefined ? undefined : (request as Readonly<Record<string, unknown>>)[routedBy];
  return typeof host === 'string' ? { ...options, host } : options;
}

export function createInvokeStream({ contract, transport }: Calling): InvokeStream {
  return async (method, requests, options) => {
    const messages = encodeEach(requests, (request) => contract.encode(method.request, request));
    const reply = await transport.invokeStream(method.service, method.name, messages, options);
    return { answer: contract.decode(method.response, reply.body) };
  };
}

async function* encodeEach(requests: AsyncIterable<object> | Iterable<object>, encode: (request: object) => Uint8Array) {
  for await (const request of requests) {
    const message = encode(request);
    requireSize('message', message);
    yield message;
  }
}

export function createInvokeAnswers({ contract, transport }: Calling): InvokeAnswers {
  return async function* (method, request, options) {
    const message = contract.encode(method.request, request);
    for await (const answer of transport.invokeAnswers(method.service, method.name, message, route(method, request, options)))
      yield contract.decode(method.response, answer);
  };
}

export function createClient<Service>(token: ServiceToken<Service>, calling: Calling): Client<Service> {
  const invoke = createInvoke(calling);
  const invokeStream = createInvokeStream(calling);
  const invokeAnswers = createInvokeAnswers(calling);
  const call = (method: MethodContract) => {
    if (method.givesStream) return (request: object, options: StreamOptions) => invokeAnswers(method, request, options);
    if (method.takesStream)
      return async (requests: AsyncIterable<object> | Iterable<object>, options: StreamOptions) =>
        (await invokeStream(method, requests, options)).answer;
    return async (request: object, options: CallOptions) => (await invoke(method, request, options)).answer;
  };
  const methods = calling.contract.methods.filter(({ service }) => service === token.name);
  if (methods.length === 0) throw new Error(`The contract has no service ${token.name}`);
  const client = methods.map((method) => [methodProperty(method.name), call(method)]);
  return Object.fromEntries(client) as Client<Service>;
}

/** Sends again only what was `unavailable`, and only when a second effect cannot come of it. */
async function send(
  method: MethodContract,
  request: Uint8Array,
  options: CallOptions,
  { transport, clock }: { transport: RpcTransport; clock: Clock },
): Promise<Reply> {
  const retrySafe = method.retrySafe || options.idempotencyKey !== undefined;
  for (let attempt = 0; ; attempt++) {
    try {
      return await transport.invoke(method.service, method.name, request, options);
    } catch (error) {
      if (!retrySafe || !(error instanceof AppError) || error.kind !== 'unavailable' || options.signal?.aborted) throw error;
      const wait = chooseWait(attempt, error);
      if (clock.now() + wait >= options.deadline) throw error;
      await pause(wait, undefined, options.signal && { signal: options.signal }).catch(() => {
        throw error; // the caller gave up meanwhile
      });
    }
  }
}

/** Doubling, with jitter so that callers do not come back together; never before the other side asked to. */
function chooseWait(attempt: number, { retryAfterSeconds = 0 }: AppError): number {
  const most = Math.min(firstPause * 2 ** attempt, longestPause);
  return Math.max(most * (0.5 + Math.random() / 2), retryAfterSeconds * 1000);
}
