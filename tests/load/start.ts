import { rm } from 'node:fs/promises';
import { findFreePorts } from '../../deploy/engines/ports.ts';
import type { Benchmark } from './benchmark.ts';
import { makeFolder, readCpu, readMemory, startProcess, untilReady } from './hub.ts';

const idleSeconds = 30;

export const start: Benchmark = {
  name: 'start',
  async run(report) {
    const folder = await makeFolder();
    const [port = 0] = await findFreePorts(1);
    const environment = { OPORA_DATA: folder, OPORA_PORT: String(port), OPORA_DEMO: 'none', OPORA_LOG_LEVEL: 'warn' };
    const launch = async () => {
      const began = performance.now();
      const child = startProcess(environment);
      await untilReady(`http://127.0.0.1:${port}`, child);
      return { child, seconds: (performance.now() - began) / 1000 };
    };
    const end = async ({ child }: Awaited<ReturnType<typeof launch>>) => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    };

    report('first start, from an empty folder');
    const first = await launch();
    await end(first);
    const warm = await launch();
    report(`idle for ${idleSeconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const before = await readCpu(warm.child.pid ?? 0);
    await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
    const cpu = ((await readCpu(warm.child.pid ?? 0)) - before) / idleSeconds;
    const memory = (await readMemory(warm.child.pid ?? 0)) / 1e6;
    await end(warm);
    await rm(folder, { recursive: true, force: true });
    return [
      { what: 'first start to ready (built)', measured: `${first.seconds.toFixed(1)} s`, reach: '≤ 10 s', reached: first.seconds <= 10 },
      { what: 'warm start to ready', measured: `${warm.seconds.toFixed(1)} s`, reach: '≤ 4 s', reached: warm.seconds <= 4 },
      { what: 'idle hub, processor', measured: `${(cpu * 100).toFixed(1)} % of a core`, reach: '< 3 %', reached: cpu < 0.03 },
      { what: 'idle hub, memory with PostgreSQL (PSS)', measured: `${Math.round(memory)} MB`, reach: '< 400 MB', reached: memory < 400 },
    ];
  },
};
