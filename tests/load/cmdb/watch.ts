import { readFile } from 'node:fs/promises';
import { type BenchHub, readCpu } from '../hub.ts';

/** Processor time in microseconds a record, and the seconds that it took. */
export interface Spent {
  seconds: number;
  hub: number;
  postgres: number;
  client: number;
}

/** Measures what `work` costs each process; `work` gives how many records it was. */
export async function watchCost(hub: BenchHub, work: () => Promise<number>): Promise<Spent & { count: number }> {
  const read = async () => ({
    hub: await readCpu(hub.pid),
    postgres: await readCpu(hub.postgres.pid() ?? 0),
    client: process.cpuUsage(),
    at: performance.now(),
  });
  const before = await read();
  const count = await work();
  const after = await read();
  const each = (seconds: number) => (seconds * 1e6) / count;
  return {
    count,
    seconds: (after.at - before.at) / 1000,
    hub: each(after.hub - before.hub),
    postgres: each(after.postgres - before.postgres),
    client: (after.client.user + after.client.system - before.client.user - before.client.system) / count,
  };
}

export function tellCost({ hub, postgres, client }: Spent): string {
  return `hub ${Math.round(hub)} µs, PostgreSQL ${Math.round(postgres)} µs, client ${Math.round(client)} µs each`;
}

/** The most memory that the process has had at once, in bytes. */
export async function readPeakMemory(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
}
