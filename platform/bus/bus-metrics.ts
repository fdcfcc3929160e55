import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What waits in a service's schema, asked when somebody scrapes. */
export interface Backlog {
  outbox: number;
  /** Age of the oldest event in the outbox, in seconds. */
  outboxAge: number;
  deadLetters: number;
}

/** How far a subscription is behind. */
export interface Lag {
  events: number;
  seconds: number;
}

export interface BusMetrics {
  appended: Counter<'service'>;
  relayed: Counter<'service'>;
  batchSize: Histogram<'service' | 'subscription'>;
  handling: Histogram<'service' | 'subscription'>;
  retries: Counter<'service' | 'subscription' | 'reason'>;
  buried: Counter<'service' | 'subscription'>;
  timerLateness: Histogram<'service'>;
  /** Asks `probe` at each scrape until the returned function is called. */
  watchBacklog(service: string, probe: () => Promise<Backlog>): () => void;
  watchLag(service: string, subscription: string, probe: () => Promise<Lag> | Lag): () => void;
}

/** Made once for a registry. */
export function createBusMetrics(registry: Registry): BusMetrics {
  const registers = [registry];
  const lane = ['service', 'subscription'] as const;
  const backlogs = new Map<string, () => Promise<Backlog>>();
  const lags = new Map<() => Promise<Lag> | Lag, { service: string; subscription: string }>();

  const outboxAge = new Gauge({ name: 'opora_outbox_oldest_seconds', help: 'Age of the oldest event that is not in the log yet', labelNames: ['service'], registers });
  const deadLetters = new Gauge({ name: 'opora_dead_letters', help: 'Dead letters that wait for a person', labelNames: ['service'], registers });
  new Gauge({
    name: 'opora_outbox_events',
    help: 'Events that are committed and not in the log yet',
    labelNames: ['service'],
    registers,
    async collect() {
      await askAll(backlogs, (service, { outbox, outboxAge: age, deadLetters: dead }) => {
        this.set({ service }, outbox);
        outboxAge.set({ service }, age);
        deadLetters.set({ service }, dead);
      });
    },
  });
  const lagSeconds = new Gauge({ name: 'opora_subscription_lag_seconds', help: 'Age of the oldest event that a subscription has not handled', labelNames: lane, registers });
  new Gauge({
    name: 'opora_subscription_lag_events',
    help: 'Events of its sources that a subscription has not passed yet',
    labelNames: lane,
    registers,
    async collect() {
      const probes = new Map([...lags].map(([probe, labels]) => [labels, probe]));
      await askAll(probes, (labels, { events, seconds }) => {
        this.set(labels, events);
        lagSeconds.set(labels, seconds);
      });
    },
  });

  return {
    appended: new Counter({ name: 'opora_log_appended_total', help: 'Events moved from outbox to log', labelNames: ['service'], registers }),
    relayed: new Counter({ name: 'opora_log_relayed_total', help: 'Events that Kafka has acknowledged', labelNames: ['service'], registers }),
    batchSize: new Histogram({ name: 'opora_subscription_batch_events', help: 'Events handled in one commit', labelNames: lane, buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500], registers }),
    handling: new Histogram({
      name: 'opora_subscription_batch_seconds',
      help: 'From the events in hand to their committed effect',
      labelNames: lane,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    retries: new Counter({ name: 'opora_subscription_retries_total', help: 'Batches that had to be tried again', labelNames: [...lane, 'reason'], registers }),
    buried: new Counter({ name: 'opora_dead_letters_total', help: 'Events given to the dead letters', labelNames: lane, registers }),
    timerLateness: new Histogram({
      name: 'opora_timer_lateness_seconds',
      help: 'From the moment a timer was set for to its committed effect',
      labelNames: ['service'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60],
      registers,
    }),
    watchBacklog(service, probe) {
      backlogs.set(service, probe);
      return () => backlogs.delete(service);
    },
    watchLag(service, subscription, probe) {
      lags.set(probe, { service, subscription });
      return () => lags.delete(probe);
    },
  };
}

/** A probe that fails leaves its gauge as it was: a scrape tells what can be told. */
async function askAll<Key, Answer>(probes: ReadonlyMap<Key, () => Promise<Answer> | Answer>, tell: (key: Key, answer: Answer) => void): Promise<void> {
  await Promise.allSettled([...probes].map(async ([key, probe]) => tell(key, await probe())));
}
