import type { Logger } from 'pino';
import type { Clock, NewId } from '../clock/clock.ts';
import type { Contract, MethodContract } from '../contract/contract.ts';
import { AppError } from '../errors/app-error.ts';
import { InternalFault } from '../errors/internal-fault.ts';
import type { Database } from '../postgres/database.ts';
import type { Served } from '../service/define-service.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { currentTraceId, inSpan } from '../telemetry/tracing.ts';
import { type Allowance, runWithin } from './allowance.ts';
import { type Method, nobody, type Principal, requirePermission } from './call.ts';
import { fingerprintRights, keyCall, recallAnswer } from './idempotency.ts';
import { methodProperty } from './method-property.ts';
import { type MethodServing, ServedCall } from './served-call.ts';
import { type StatusName, statusName } from './status.ts';
import type { BoundMethod, Reply, ServedOptions } from './transport.ts';

export interface Serving {
  contract: Contract;
  database: Database;
  clock: Clock;
  newId: NewId;
  log: Logger;
  metrics: Metrics;
  /** Looks for the first answer under an idempotency key before the work and not after it: for work that is dear to do in vain. */
  recallsFirst?: boolean;
}

/**
 * Ties what a service implements to its contract, as the transports take it: by the service's full name, then by the method's name in proto.
 * The methods throw AppErrors, and InternalFault for everything else, which is in the log by then. Those that take or give streams: `bindStreams`.
 */
export function bindMethods({ served, ...serving }: Serving & { served: readonly Served[] }): Record<string, Record<string, BoundMethod>> {
  const bound: Record<string, Record<string, BoundMethod>> = {};
  for (const { token, methods } of served) {
    const declared = serving.contract.methods.filter(({ service }) => service === token.name);
    if (declared.length === 0) throw new Error(`The contract has no service ${token.name}`);
    const unary = declared.filter(({ takesStream, givesStream }) => !takesStream && !givesStream);
    bound[token.name] = Object.fromEntries(unary.map((method) => [method.name, bindMethod(method, findImplementation(method, methods), serving)]));
  }
  return bound;
}

function findImplementation({ service, name }: MethodContract, methods: object): Method<object, object> {
  const implementation = (methods as Readonly<Record<string, Method<object, object> | undefined>>)[methodProperty(name)];
  if (!implementation) throw new Error(`${service} has no implementation of ${name}`);
  return (request, call) => implementation.call(methods, request, call);
}

function bindMethod(method: MethodContract, run: Method<object, object>, serving: Serving): BoundMethod {
  const { contract, database, clock, newId, log, recallsFirst = false } = serving;
  const fullName = `${method.service}/${method.name}`;
  const name = shortName(method);
  const observe = observeCalls(method, serving);
  const encode = (answer: object) => contract.encode(method.response, answer);
  const common: MethodServing = { name, database, clock, newId, log, encode };

  const answer = async (bytes: Uint8Array, options: ServedOptions, allowance: Allowance): Promise<Reply> => {
    admit(options.principal, method);
    const request = readRequest(bytes, method, contract);
    const keyed = keyCall(fullName, bytes, options, fingerprintRights(options.principal, method));
    const known = keyed && recallsFirst ? await recallAnswer(database, keyed) : undefined;
    if (known) return { body: known, replayed: true };
    const call = new ServedCall(common, options, allowance, keyed);
    try {
      const result = await run(request, call);
      // A command that wrote nothing may have found the effect of the first call under this key.
      const first = keyed && !call.committed && !method.retrySafe ? await recallAnswer(database, keyed) : undefined;
      if (first) return { body: first, replayed: true };
      if (!call.committed) return { body: encode(result), replayed: false };
      const { answer: written, bytes: committed } = call.committed;
      return written === result ? { body: committed, replayed: false } : { body: encode(result), replayed: false, committed };
    } catch (error) {
      // Whatever it failed of: when the first call under this key was settled, its answer is the answer.
      const first = keyed && (await recallAnswer(database, keyed));
      if (first) return { body: first, replayed: true };
      throw error;
    }
  };

  return (bytes, options) => observe(options, (allowance) => answer(bytes, options, allowance));
}

/** `TicketService/CreateTicket` */
export function shortName({ service, name }: MethodContract): string {
  return `${service.slice(service.lastIndexOf('.') + 1)}/${name}`;
}

/** What every call has around it: its deadline, a span, a line in the log and its place in the metrics; of a bug the log has the cause and the caller a trace id. */
export function observeCalls(method: MethodContract, { clock, log, metrics }: Pick<Serving, 'clock' | 'log' | 'metrics'>) {
  const name = shortName(method);
  const attributes = { 'rpc.service': method.service, 'rpc.method': method.name };
  return <Result>(options: ServedOptions, run: (allowance: Allowance) => Promise<Result>): Promise<Result> =>
    inSpan(name, attributes, async () => {
      const began = performance.now();
      let code: StatusName = 'OK';
      try {
        return await runWithin(options, clock, run);
      } catch (error) {
        code = statusName(error);
        if (error instanceof AppError) throw error;
        log.error({ err: error, rpc: name, principal: options.principal.id }, 'a call failed of a fault of ours');
        throw new InternalFault(currentTraceId());
      } finally {
        const seconds = (performance.now() - began) / 1000;
        metrics.rpc.observe({ service: method.service, method: method.name, code }, seconds);
        log.debug({ rpc: name, code, ms: Math.round(seconds * 1e5) / 100, principal: options.principal.id }, 'call served');
      }
    });
}

/** Throws AppError `unauthenticated`, `not_allowed`. */
export function admit(principal: Principal, method: MethodContract): void {
  if (!method.public && principal.id === nobody.id) throw new AppError('unauthenticated', 'Sign in first.');
  requirePermission(principal, method);
}

/** The message, checked. Throws AppError `invalid_input`. */
export function readRequest(bytes: Uint8Array, method: MethodContract, contract: Contract): object {
  const request = decodeRequest(bytes, method, contract);
  const violations = contract.violations(method.request, request);
  if (violations.length > 0) throw new AppError('invalid_input', `The request does not fit ${method.request}`, { violations });
  return request;
}

/** The message as it came. Throws AppError `invalid_input` for bytes that are none. */
export function decodeRequest(bytes: Uint8Array, method: MethodContract, contract: Contract): object {
  try {
    return contract.decode(method.request, bytes);
  } catch (error) {
    throw new AppError('invalid_input', `The bytes are no ${method.request}`, { cause: error });
  }
}
