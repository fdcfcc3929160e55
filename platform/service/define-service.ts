import type { Logger } from 'pino';
import type { z } from 'zod';
import type { EventTail } from '../bus/event-log.ts';
import type { Subscription } from '../bus/subscription.ts';
import type { Clock, NewId } from '../clock/clock.ts';
import type { Contract, MethodContract } from '../contract/contract.ts';
import type { GraphChoice } from '../engines/engines.ts';
import type { Database } from '../postgres/database.ts';
import type { ServiceSchema } from '../postgres/service-schema.ts';
import type { CallOptions, Client, ServiceToken } from '../rpc/call.ts';
import type { InvokeAnswers, InvokeStream } from '../rpc/client.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Timers } from '../timers/timers.ts';
import type { Readiness } from './readiness.ts';

/** Everything that a service stands on, as one object; each part of it takes the least that it needs. */
export interface Parts<Config = unknown> {
  config: Config;
  database: Database;
  clock: Clock;
  newId: NewId;
  log: Logger;
  metrics: Metrics;
  contract: Contract;
  /** The other services, wherever they run. */
  client<Service>(token: ServiceToken<Service>): Client<Service>;
  /** Calls any method by its description: for the edge, which translates and knows no service. Services that know whom they ask take `client`. */
  invoke(method: MethodContract, request: object, options: CallOptions): Promise<{ answer: object; replayed: boolean }>;
  /** The same for a method that takes a stream. */
  invokeStream: InvokeStream;
  /** The same for a method that gives one. */
  invokeAnswers: InvokeAnswers;
  /** Options of a call in the service's own name. */
  within(milliseconds: number, options?: { idempotencyKey?: string; at?: number }): CallOptions;
  /** Picks the adapter that the engine set has. */
  graph: GraphChoice;
  /** Follows all events as they come, for those who only show them (the gateway's stream). */
  tail: EventTail;
  /** How this process is, and every service and engine that it knows of. */
  readiness(): Promise<Readiness>;
  /** Tells the person who started the process something once: the terminal, never the log (a first password). */
  announce(text: string): void;
}

export interface Served {
  token: ServiceToken<unknown>;
  methods: object;
}

/** Ties an implementation to its contract; a missing or mistyped method does not compile. */
export function serve<Service extends object>(token: ServiceToken<Service>, methods: Service): Served {
  return { token, methods };
}

export interface RunningService {
  serves?: readonly Served[];
  subscriptions?: readonly Subscription[];
  timers?: Timers | readonly Timers[];
  /** Stops taking new work; what was begun is finished. Called before `stop`. */
  drain?(): Promise<void>;
  stop?(): Promise<void>;
  /** Called when every service of the process serves: the moment to open a door to the outside. */
  open?(): Promise<void>;
}

/** Its name is also that of its PostgreSQL schema, role and topic: `tickets`. */
export interface ServiceDefinition<Config = unknown> extends ServiceSchema {
  /** Services that must serve before this one starts. */
  needs: readonly string[];
  /** What it reads of the environment; every mistake is reported at once, at start. */
  config: z.ZodType<Config>;
  start(parts: Parts<Config>): Promise<RunningService> | RunningService;
}

export function defineService<Config>(definition: ServiceDefinition<Config>): ServiceDefinition<Config> {
  return definition;
}
