import type pg from 'pg';
import { drive, milliseconds, type Row, spreadOf } from '../benchmark.ts';
import type { BenchHub } from '../hub.ts';

export const samples = 400;
export const lanes = 2;

/** Milliseconds of each of so many requests, after some that warm up; `pathOf` gives another one each time. */
export async function timeRequests(hub: BenchHub, pathOf: (index: number) => string, { count = samples, atOnce = lanes } = {}): Promise<number[]> {
  const ask = async (index: number) => {
    const { status, body } = await hub.send('GET', pathOf(index));
    if (status !== 200) throw new Error(`${pathOf(index)} was answered with ${status}: ${body}`);
  };
  await drive(50, atOnce, ask);
  return (await drive(count, atOnce, ask)).each;
}

export function toRow(what: string, each: readonly number[], bare: readonly number[] | undefined, most: number): Row {
  const { p50, p99 } = spreadOf(each);
  const floor = bare && spreadOf(bare);
  return {
    what,
    measured: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`,
    ...(floor && { floor: `the bare SQL: p50 ${milliseconds(floor.p50)}, p99 ${milliseconds(floor.p99)}`, ratio: floor.p50 / p50 }),
    reach: `p99 < ${most} ms`,
    reached: p99 < most,
  };
}

export async function timeSql(client: pg.Client, name: string, text: string, valuesOf: (index: number) => unknown[]): Promise<number[]> {
  const ask = (index: number) => client.query({ name, text, values: valuesOf(index) });
  await drive(50, 1, ask);
  return (await drive(samples, 1, ask)).each;
}
