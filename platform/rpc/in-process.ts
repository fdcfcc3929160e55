import { context, createContextKey } from '@opentelemetry/api';
import { AppError } from '../errors/app-error.ts';
import { leaveTransaction } from '../postgres/run-transactions.ts';
import { currentTraceId } from '../telemetry/tracing.ts';
import { requireSize } from './message-size.ts';
import { fromStatus, statusCodes, toStatus } from './status.ts';
import type { BoundMethod, RpcTransport } from './transport.ts';

/** Set within a served call: what it asks of its neighbours belongs to it, and is answered even while draining. */
const underWay = createContextKey('opora call under way');

/** Calls between services of one process: the same bytes, deadlines and errors as over the wire, without the wire. */
export function createInProcessTransport(): RpcTransport {
  const services = new Map<string, Readonly<Record<string, BoundMethod>>>();
  const running = new Set<Promise<unknown>>();
  let draining = false;
  let stopped = false;

  const find = (service: string, method: string): BoundMethod => {
    const bound = services.get(service)?.[method];
    if (!bound) throw fromStatus({ code: statusCodes.UNIMPLEMENTED, message: `${service}/${method} is not served here` });
    return bound;
  };
  const waitForAll = async () => {
    while (running.size > 0) await Promise.allSettled(running);
  };

  return {
    async serve(service, methods) {
      services.set(service, methods);
    },
    async invoke(service, method, request, options) {
      const active = context.active();
      if (stopped || (draining && active.getValue(underWay) !== true))
        throw new AppError('unavailable', 'The hub is stopping', { retryAfterSeconds: 2 });
      const bound = find(service, method);
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
    async drain() {
      draining = true;
      await waitForAll();
    },
    async stop() {
      stopped = true;
    },
  };
}
