/** One line of the table: what was measured, beside its floor in the same run. */
export interface Row {
  what: string;
  measured: string;
  /** What the floor or rival is, and what it did. */
  floor?: string;
  ratio?: number;
  /** The goal, in words. */
  reach: string;
  reached: boolean;
}

export interface Benchmark {
  name: string;
  /** What it needs beside PostgreSQL; without it the benchmark is left out by name. */
  needs?: 'kafka' | 'neo4j';
  run(report: (text: string) => void, size?: Size): Promise<Row[]>;
}

/** How large an inventory is wanted, and how many people. */
export interface Size {
  items?: number;
  people?: number;
}

export interface Spread {
  p50: number;
  p99: number;
}

/** Percentiles of samples, in the samples' unit. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Runs `work` for each number below `count`, at most `lanes` at once; gives the seconds that all of it took and the milliseconds of each. */
export async function drive(count: number, lanes: number, work: (index: number) => Promise<unknown>): Promise<{ seconds: number; each: number[] }> {
  const each: number[] = [];
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (next < count) {
        const index = next++;
        const start = performance.now();
        await work(index);
        each.push(performance.now() - start);
      }
    }),
  );
  return { seconds: (performance.now() - began) / 1000, each };
}

export const perSecond = (count: number, seconds: number) => Math.round(count / seconds);
export const thousands = (value: number) => Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
export const milliseconds = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
