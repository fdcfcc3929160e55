import type { Logger } from 'pino';
import { startSequencer } from '../bus/sequencer.ts';
import type { HandlingContext } from '../bus/subscription.ts';
import type { OpenDatabase } from '../engines/engines.ts';
import { bindStreams } from '../rpc/bind-streams.ts';
import type { CallOptions, Principal } from '../rpc/call.ts';
import { createClient, createInvoke, createInvokeAnswers, createInvokeStream } from '../rpc/client.ts';
import { bindMethods } from '../rpc/server.ts';
import type { BoundMethod } from '../rpc/transport.ts';
import type { Parts, RunningService, Served, ServiceDefinition } from './define-service.ts';
import type { Ground } from './run-services.ts';

/** A service that serves its methods, and hears nothing yet. */
export interface OpenedService {
  name: string;
  database: OpenDatabase;
  log: Logger;
  running: RunningService;
  /** What it serves, by the service's full name and the method's name in proto. */
  methods: BoundMethods;
  context(): HandlingContext;
}

type BoundMethods = Readonly<Record<string, Readonly<Record<string, BoundMethod>>>>;

/** Opens the service's schema, carries its events, builds it out of its parts and serves its methods. */
export async function openService(service: ServiceDefinition, ground: Ground): Promise<OpenedService> {
  const { engines, contract, configs, metrics, announce, clock, newId, readiness, onStop } = ground;
  const log = ground.log.child({ service: service.name });
  const database = await engines.openDatabase(service);
  onStop(() => database.close());
  const unwatch = metrics.pool.read(() =>
    Object.entries(database.gauge()).map(([state, value]) => ({ labels: { service: service.name, state }, value })),
  );
  onStop(async () => unwatch());
  const publication = await engines.log.publish(database, metrics);
  onStop(() => publication.stop());
  if (contract.events.some(({ source }) => source === service.name)) {
    const sequencer = startSequencer({ database, onPass: publication.noteHead, clock, log, metrics });
    onStop(() => sequencer.stop());
  }

  const principal: Principal = { kind: 'service', id: service.name, name: service.name, permissions: ['*'] };
  const within = (milliseconds: number, more: { idempotencyKey?: string; at?: number } = {}): CallOptions => ({
    deadline: clock.now() + milliseconds,
    principal,
    ...more,
  });
  const calling = { contract, transport: engines.rpc, clock };
  const parts: Parts = {
    config: configs[service.name],
    database,
    clock,
    newId,
    log,
    metrics,
    contract,
    client: (token) => createClient(token, calling),
    invoke: createInvoke(calling),
    invokeStream: createInvokeStream(calling),
    invokeAnswers: createInvokeAnswers(calling),
    within,
    graph: engines.graph,
    tail: engines.log.tail,
    readiness,
    announce,
  };
  const running = await service.start(parts);
  if (running.stop) onStop(() => running.stop?.() ?? Promise.resolve());
  const methods = await serveMethods(running.serves ?? [], { database, log }, ground);
  return { name: service.name, database, log, running, methods, context: () => ({ now: clock.now(), newId, within }) };
}

export async function serveMethods(
  served: readonly Served[],
  { database, log }: Pick<OpenedService, 'database' | 'log'>,
  { engines, contract, clock, newId, metrics }: Ground,
): Promise<BoundMethods> {
  const serving = { served, contract, database, clock, newId, log, metrics };
  const bound = bindMethods(serving);
  const streams = bindStreams(serving);
  for (const [name, methods] of Object.entries(bound)) await engines.rpc.serve(name, methods, streams[name]);
  return bound;
}
