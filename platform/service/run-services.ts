import type { Logger } from 'pino';
import { type Clock, type NewId, newUuid, systemClock } from '../clock/clock.ts';
import type { Contract } from '../contract/contract.ts';
import type { Engines } from '../engines/engines.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Parts, ServiceDefinition } from './define-service.ts';
import { hearEvents } from './hear-events.ts';
import { type OpenedService, openService, serveMethods } from './open-service.ts';
import { serveOperations } from './operations.ts';
import { orderByNeed } from './order-by-need.ts';
import { serveBatches } from './serve-batches.ts';

export interface RunOptions {
  services: readonly ServiceDefinition[];
  engines: Engines;
  contract: Contract;
  /** Each service's configuration, checked, by its name. */
  configs: Readonly<Record<string, unknown>>;
  log: Logger;
  metrics: Metrics;
  /** Says something once to the person who started the process; nobody listens unless told. */
  announce?(text: string): void;
  clock?: Clock;
  newId?: NewId;
}

/** What every service of the process stands on. */
export interface Ground extends Required<RunOptions> {
  readiness: Parts['readiness'];
  /** Steps of the stop are taken in the reverse order. */
  onStop(step: () => Promise<void>): void;
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
  const { services, engines, log } = options;
  const steps: (() => Promise<void>)[] = [];
  const ready = new Set<string>();
  const readiness = async () => {
    const { own: engine, others } = await engines.readiness();
    const own = { ...Object.fromEntries(services.map(({ name }) => [name, { ready: ready.has(name) }])), ...engine };
    return { ready: Object.values(own).every((part) => part.ready), parts: { ...own, ...others } };
  };
  const note = (service: string, isReady: boolean) => {
    if (isReady) ready.add(service);
    else ready.delete(service);
    engines.noteService(service, isReady);
  };
  const ground: Ground = {
    announce: () => undefined,
    clock: systemClock,
    newId: newUuid,
    ...options,
    readiness,
    onStop: (step) => void steps.push(step),
  };
  const stop = async () => {
    for (const { name } of services) note(name, false);
    for (const step of steps.splice(0).reverse()) await step().catch((error: unknown) => log.error({ err: error }, 'a part did not stop cleanly'));
  };

  for (const { name } of services) note(name, false);
  ground.onStop(() => engines.stop());
  try {
    const opened: OpenedService[] = [];
    for (const service of orderByNeed(services)) opened.push(await openService(service, ground));
    const [first] = opened;
    if (first) await serveMethods([serveOperations(opened, ground.contract)], first, ground);
    await serveBatches(opened, ground);
    ground.onStop(() => engines.rpc.drain());
    for (const service of opened) {
      await hearEvents(service, ground);
      note(service.name, true);
    }
    for (const { running } of opened) {
      if (running.drain) ground.onStop(() => running.drain?.() ?? Promise.resolve());
      await running.open?.();
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { readiness, stop };
}
