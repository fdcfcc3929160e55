import { type DeadLetter as DeadLetterMessage, OperationsService } from '../../generated/opora/operations/v1/operations.ts';
import { createDeadLetters, type DeadLetter, type DeadLetters } from '../bus/dead-letters.ts';
import type { Contract } from '../contract/contract.ts';
import { AppError } from '../errors/app-error.ts';
import { type Served, serve } from './define-service.ts';
import type { OpenedService } from './open-service.ts';

/** What operators may do with the services of this process, whichever they are. */
export function serveOperations(services: readonly OpenedService[], contract: Contract): Served {
  const letters = new Map(
    services.map(({ name, database, running, context }) => {
      const subscriptions = running.subscriptions ?? [];
      return [name, createDeadLetters({ database, subscriptions, context, check: (event) => contract.checkEvent(event) })] as const;
    }),
  );
  const of = (service: string): DeadLetters => {
    const found = letters.get(service);
    if (!found) throw new AppError('not_found', `There is no service "${service}" here. Known: ${[...letters.keys()].join(', ')}.`);
    return found;
  };
  return serve(OperationsService, {
    async listDeadLetters({ service, ...wanted }) {
      const { items, next } = await of(service).list(wanted);
      return { items: items.map((letter) => toMessage(service, letter)), ...(next !== undefined && { next }) };
    },
    getDeadLetter: async ({ service, id }) => toMessage(service, await of(service).find(id)),
    fixDeadLetter: async ({ service, id, data }) => toMessage(service, await of(service).fix(id, JSON.parse(data))),
    replayDeadLetter: async ({ service, id }) => toMessage(service, await of(service).replay(id)),
    discardDeadLetter: async ({ service, id }) => toMessage(service, await of(service).discard(id)),
  });
}

function toMessage(service: string, { id, subscription, event, reason, tries, failedAt, status, version }: DeadLetter): DeadLetterMessage {
  return {
    id,
    service,
    subscription,
    eventId: event.id,
    source: event.source,
    type: event.type,
    key: event.key,
    time: event.time,
    data: JSON.stringify(event.data),
    reason,
    tries,
    failedAt: new Date(failedAt).toISOString(),
    status,
    ...(event.traceparent !== undefined && { traceparent: event.traceparent }),
    version,
  };
}
