import type { Logger } from 'pino';
import type { RunningSubscription } from '../bus/event-log.ts';
import { startSequencer } from '../bus/sequencer.ts';
import type { HandlingContext } from '../bus/subscription.ts';
import { type Clock, type NewId, newUuid, systemClock } from '../clock/clock.ts';
import type { Contract } from '../contract/contract.ts';
import type { Engines, OpenDatabase } from '../engines/engines.ts';
import type { CallOptions, Principal } from '../rpc/call.ts';
import { createClient, createInvoke } from '../rpc/client.ts';
import { bindMethods } from '../rpc/server.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { startTimers } from '../timers/start-timers.ts';
import type { Parts, RunningService, ServiceDefinition } from './define-service.ts';
import { orderByNeed } from './order-by-need.ts';

export interface RunOptions {
  services: readonly ServiceDefinition[];
  engines: Engines;
  contract: Contract;
  /** Each service's configuration, checked, by its name. */
  configs: Readonly<Record<string, unknown>>;
  log: Logger;
  metrics: Metrics;
  /** Says something once to the person who started the process. */
  announce(text: string): void;
  clock?: Clock;
  newId?: NewId;
}

export interface RunningHub {
  readiness: Parts['readiness'];
  /** Drains and stops in the reverse order of the start. */
  stop(): Promise<void>;
}

/**
 * Starts services in the order in which they need each other: all of them serve before any hears an event or opens a door to the outside.
 * What was started is stopped again when a later step fails.
 */
export async function runServices(options: RunOptions): Promise<RunningHub> {
  const { engines, contract, configs, log, metrics, announce, clock = systemClock, newId = newUuid } = options;
  const stops: (() => Promise<void>)[] = [() => engines.stop()];
  const started = new Map<string, { running: RunningService; subscriptions: RunningSubscription[] }>();

  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step().catch((error: unknown) => log.error({ err: error }, 'a part did not stop cleanly'));
  };
  const readiness = async () => {
    const services = options.services.map(({ name }) => [name, { ready: started.has(name) }] as const);
    return { ...Object.fromEntries(services), ...(await engines.readiness()) };
  };

  try {
    const opened = [];
    for (const service of orderByNeed(options.services)) {
      const database = await engines.openDatabase(service);
      stops.push(() => database.close());
      const publication = await engines.log.publish(database, metrics);
      stops.push(() => publication.stop());
      const sequencer = startSequencer({ database, onPass: publication.noteHead, clock, log: log.child({ service: service.name }), metrics });
      stops.push(() => sequencer.stop());

      const principal: Principal = { kind: 'service', id: service.name, name: service.name, permissions: ['*'] };
      const within = (milliseconds: number, more: { idempotencyKey?: string; at?: number } = {}): CallOptions => ({
        deadline: clock.now() + milliseconds,
        principal,
        ...more,
      });
      const parts: Parts = {
        config: configs[service.name],
        database,
        clock,
        newId,
        log: log.child({ service: service.name }),
        metrics,
        contract,
        client: (token) => createClient(token, { contract, transport: engines.rpc, clock }),
        invoke: createInvoke({ contract, transport: engines.rpc, clock }),
        within,
        graph: engines.graph,
        tail: engines.log.tail,
        readiness,
        announce,
      };
      stops.push(watchPool(metrics, service.name, database));
      const running = await service.start(parts);
      if (running.stop) stops.push(() => running.stop?.() ?? Promise.resolve());
      const bound = bindMethods({ served: running.serves ?? [], contract, database, clock, newId, log: parts.log, metrics });
      for (const [name, methods] of Object.entries(bound)) await engines.rpc.serve(name, methods);
      opened.push({ service, database, parts, running });
    }
    stops.push(() => engines.rpc.drain());

    for (const { service, database, parts, running } of opened) {
      const subscriptions: RunningSubscription[] = [];
      for (const subscription of running.subscriptions ?? []) {
        const context = (): HandlingContext => ({ now: clock.now(), newId, within: parts.within });
        const one = await engines.log.subscribe({ database, subscription, context, check: (event) => contract.checkEvent(event), metrics });
        stops.push(() => one.stop());
        subscriptions.push(one);
        const labels = { service: service.name, subscription: subscription.name };
        metrics.subscriberLag.read(async () => [{ labels, value: await one.lag() }]);
        metrics.subscriberLateness.read(() => [{ labels, value: Math.max(0, clock.now() - one.caughtUpAt()) / 1000 }]);
      }
      if (running.timers) {
        const caughtUpAt = () => Math.min(...subscriptions.map((one) => one.caughtUpAt()), clock.now());
        const timers = startTimers({ database, timers: running.timers, caughtUpAt, clock, log: parts.log, metrics });
        stops.push(() => timers.stop());
      }
      started.set(service.name, { running, subscriptions });
    }
    for (const { running } of opened) {
      if (running.drain) stops.push(() => running.drain?.() ?? Promise.resolve());
      await running.open?.();
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { readiness, stop };
}

function watchPool(metrics: Metrics, service: string, database: OpenDatabase): () => Promise<void> {
  const unwatch = metrics.pool.read(() => Object.entries(database.gauge()).map(([state, value]) => ({ labels: { service, state }, value })));
  return async () => unwatch();
}
