import { context, createContextKey } from '@opentelemetry/api';
import { AppError } from '../errors/app-error.ts';
import { leaveTransaction } from '../postgres/run-transactions.ts';
import { currentTraceId } from '../telemetry/tracing.ts';
import { BreakableCall } from './breakable-call.ts';
import { BreakableStream } from './breakable-stream.ts';
import { requireSize } from './message-size.ts';
import { pullAnswers } from './pull-answers.ts';
import { brokenOff, cancelled, fromStatus, statusCodes, stopping, toStatus } from './status.ts';
import type { BoundAnswers, BoundMethod, BoundStream, Give, IncomingStream, RpcTransport } from './transport.ts';

/** Set within a served call: what it asks of its neighbours belongs to it, and is answered even while draining. */
const underWay = createContextKey('opora call under way');

/** Calls between services of one process: the same bytes, deadlines and errors as over the wire, without the wire. */
export function createInProcessTransport(): RpcTransport {
  const services = new Map<string, Readonly<Record<string, BoundMethod>>>();
  const taking = new Map<string, Readonly<Record<string, BoundStream>>>();
  const giving = new Map<string, Readonly<Record<string, BoundAnswers>>>();
  const running = new Set<Promise<unknown>>();
  const streams = new Set<Pick<IncomingStream, 'breakOff'>>();
  let draining = false;
  let stopped = false;

  const requireOpen = (isPartOfCall: boolean) => {
    if (stopped || (draining && !isPartOfCall)) throw new AppError('unavailable', 'The hub is stopping', { retryAfterSeconds: 2 });
  };
  const find = <Bound>(served: ReadonlyMap<string, Readonly<Record<string, Bound>>>, service: string, method: string): Bound => {
    const bound = served.get(service)?.[method];
    if (!bound) throw fromStatus({ code: statusCodes.UNIMPLEMENTED, message: `${service}/${method} is not served here` });
    return bound;
  };
  const waitForAll = async () => {
    while (running.size > 0) await Promise.allSettled(running);
  };

  return {
    async serve(service, methods, streaming = {}) {
      services.set(service, methods);
      taking.set(service, streaming.taking ?? {});
      giving.set(service, streaming.giving ?? {});
    },
    async invoke(service, method, request, options) {
      const active = context.active();
      requireOpen(active.getValue(underWay) === true);
      const bound = find(services, service, method);
      requireSize('request', request);
      const call = context.with(leaveTransaction(active).setValue(underWay, true), bound, undefined, request, options);
      running.add(call);
      try {
        const reply = await call;
        requireSize('answer', reply.body);
        return reply;
      } catch (error) {
        throw fromStatus(toStatus(error, currentTraceId()));
      } finally {
        running.delete(call);
      }
    },
    async invokeStream(service, method, requests, options) {
      const active = context.active();
      const isPartOfCall = active.getValue(underWay) === true;
      requireOpen(isPartOfCall);
      const bound = find(taking, service, method);
      const breaking = new AbortController();
      let failure: { error: unknown } | undefined;
      const incoming: IncomingStream = new BreakableStream(requests, (error) => {
        failure = { error };
        breaking.abort();
        return brokenOff();
      });
      const signal = options.signal ? AbortSignal.any([options.signal, breaking.signal]) : breaking.signal;
      const call = context.with(leaveTransaction(active).setValue(underWay, true), bound, undefined, incoming, { ...options, signal });
      running.add(call);
      if (!isPartOfCall) streams.add(incoming);
      try {
        const reply = await call;
        if (failure) throw failure.error;
        requireSize('answer', reply.body);
        return reply;
      } catch (error) {
        throw failure ? failure.error : fromStatus(toStatus(error, currentTraceId()));
      } finally {
        running.delete(call);
        streams.delete(incoming);
        incoming.breakOff(brokenOff());
      }
    },
    async *invokeAnswers(service, method, request, options) {
      const active = context.active();
      const isPartOfCall = active.getValue(underWay) === true;
      requireOpen(isPartOfCall);
      const bound = find(giving, service, method);
      requireSize('request', request);
      const outgoing = new BreakableCall(options.signal);
      const serve = async (give: Give) => {
        const own = context.with(leaveTransaction(active).setValue(underWay, true), () =>
          bound(request, { ...options, signal: outgoing.signal }, async (answer) => {
            requireSize('answer', answer);
            await give(answer);
          }),
        );
        running.add(own);
        if (!isPartOfCall) streams.add(outgoing);
        try {
          await own;
        } catch (error) {
          throw fromStatus(toStatus(outgoing.explain(error), currentTraceId()));
        } finally {
          running.delete(own);
          streams.delete(outgoing);
        }
      };
      yield* pullAnswers(serve, () => outgoing.breakOff(cancelled()));
    },
    async drain() {
      draining = true;
      for (const stream of streams) stream.breakOff(stopping());
      await waitForAll();
    },
    async stop() {
      stopped = true;
    },
  };
}
