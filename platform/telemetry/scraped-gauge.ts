import { Gauge, type Registry } from 'prom-client';

export interface Reading<Label extends string> {
  labels: Record<Label, string>;
  value: number;
}

/** A gauge that is asked when somebody looks, by whoever knows: one reader for each service of the process. */
export interface ScrapedGauge<Label extends string> {
  /** A reader that fails leaves its lines out, and the others stand. Gives back how to stop reading. */
  read(reader: () => Promise<readonly Reading<Label>[]> | readonly Reading<Label>[]): () => void;
}

export function scrapedGauge<Label extends string>(
  registry: Registry,
  description: { name: string; help: string; labelNames: readonly Label[] },
): ScrapedGauge<Label> {
  const readers = new Set<Parameters<ScrapedGauge<Label>['read']>[0]>();
  new Gauge({
    ...description,
    registers: [registry],
    async collect() {
      const answers = await Promise.allSettled([...readers].map(async (reader) => await reader()));
      this.reset();
      for (const answer of answers) {
        if (answer.status === 'fulfilled') for (const { labels, value } of answer.value) this.set(labels, value);
      }
    },
  });
  return {
    read(reader) {
      readers.add(reader);
      return () => void readers.delete(reader);
    },
  };
}
