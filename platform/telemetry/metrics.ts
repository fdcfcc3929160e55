import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { type ScrapedGauge, scrapedGauge } from './scraped-gauge.ts';

/** Everything that a process counts, for Prometheus. Durations are in seconds. */
export interface Metrics {
  readonly registry: Registry;
  /** Calls as the serving side saw them; `code` is gRPC's: `OK`, `NOT_FOUND` … */
  readonly rpc: Histogram<'service' | 'method' | 'code'>;
  /** Messages of streams that services took. */
  readonly streamMessages: Counter<'service' | 'method'>;
  /** Messages of streams that services gave. */
  readonly streamAnswers: Counter<'service' | 'method'>;
  /** `route` is the contract's path, so that the number of series does not grow with ids. */
  readonly http: Histogram<'method' | 'route' | 'status'>;
  /** Database connections: `total`, `idle`, `waiting` for one. */
  readonly pool: ScrapedGauge<'service' | 'state'>;
  /** Events that are committed and not yet in the service's log, or in its log and not yet in Kafka. */
  readonly queueDepth: ScrapedGauge<'service' | 'queue'>;
  /** Age of the oldest of them. */
  readonly queueAge: ScrapedGauge<'service' | 'queue'>;
  /** Events announced that the subscription has not handled. */
  readonly subscriberLag: ScrapedGauge<'service' | 'subscription'>;
  readonly deadLetters: ScrapedGauge<'service' | 'subscription'>;
  /** How long ago the subscription had heard everything, in seconds. */
  readonly subscriberLateness: ScrapedGauge<'service' | 'subscription'>;
  /** Events handled in one commit. */
  readonly batchSize: Histogram<'service' | 'subscription'>;
  /** From the events in hand to their committed effect. */
  readonly handling: Histogram<'service' | 'subscription'>;
  /** Batches that had to be tried again. */
  readonly retries: Counter<'service' | 'subscription' | 'reason'>;
  /** From the moment a timer was set for to its committed effect. */
  readonly timerLateness: Histogram<'service'>;
}

const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const histogram = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Histogram({ name, help, labelNames, buckets, registers: [registry] });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]) => scrapedGauge(registry, { name, help, labelNames });
  return {
    registry,
    rpc: histogram('opora_rpc_seconds', 'Calls between services, on the side that serves', ['service', 'method', 'code']),
    streamMessages: new Counter({
      name: 'opora_rpc_stream_messages_total',
      help: 'Messages of streams that services took',
      labelNames: ['service', 'method'],
      registers: [registry],
    }),
    streamAnswers: new Counter({
      name: 'opora_rpc_stream_answers_total',
      help: 'Messages of streams that services gave',
      labelNames: ['service', 'method'],
      registers: [registry],
    }),
    http: histogram('opora_http_seconds', 'HTTP requests', ['method', 'route', 'status']),
    pool: gauge('opora_pool_connections', 'Database connections', ['service', 'state']),
    queueDepth: gauge('opora_queue_events', 'Events on their way out of a service', ['service', 'queue']),
    queueAge: gauge('opora_queue_age_seconds', 'Age of the oldest event on its way out of a service', ['service', 'queue']),
    subscriberLag: gauge('opora_subscriber_lag_events', 'Events that a subscription has not handled yet', ['service', 'subscription']),
    deadLetters: gauge('opora_dead_letters', 'Events that wait for a person', ['service', 'subscription']),
    subscriberLateness: gauge('opora_subscriber_lateness_seconds', 'How long ago a subscription had heard everything', ['service', 'subscription']),
    batchSize: new Histogram({
      name: 'opora_subscriber_batch_events',
      help: 'Events handled in one commit',
      labelNames: ['service', 'subscription'],
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
      registers: [registry],
    }),
    handling: histogram('opora_subscriber_batch_seconds', 'From events in hand to their committed effect', ['service', 'subscription']),
    retries: new Counter({
      name: 'opora_subscriber_retries_total',
      help: 'Batches that had to be tried again',
      labelNames: ['service', 'subscription', 'reason'],
      registers: [registry],
    }),
    timerLateness: histogram('opora_timer_lateness_seconds', 'From the moment a timer was set for to its committed effect', ['service']),
  };
}
