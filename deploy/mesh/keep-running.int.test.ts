import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startChild } from '../engines/child-process.ts';
import { keepRunning, type Part } from './keep-running.ts';

describe('a part of the mesh', () => {
  const dir = mkdtempSync(join(tmpdir(), 'opora-part-'));
  let part: Part;
  afterEach(() => part.stop());
  afterAll(() => rmSync(dir, { recursive: true }));

  const run = (name: string, code: string, failures: string[] = []) => {
    const start = (signal: AbortSignal) => startChild({ command: process.execPath, args: ['-e', code], logFile: join(dir, 'log'), signal });
    part = keepRunning({ name, start, onFailure: (reason) => failures.push(reason) });
    return part;
  };
  const until = async (isSo: () => boolean) => {
    for (const started = Date.now(); !isSo(); await pause(20)) if (Date.now() - started > 20_000) throw new Error(JSON.stringify(part.status()));
  };

  it('is started again as another process when it is killed', async () => {
    await run('steady', 'setInterval(() => {}, 1000)').ready;
    const first = part.status();
    process.kill(first.pid ?? 0, 'SIGKILL');
    await until(() => part.status().state === 'starting again in 0.25 s (SIGKILL)');
    await until(() => part.status().state === 'ready');
    expect(part.status().pid).not.toBe(first.pid);
  });

  it('is started again later each time when it keeps on ending', async () => {
    run('restless', 'process.exit(3)');
    const states = new Set<string>();
    await until(() => states.add(part.status().state).has('starting again in 1 s (code 3)'));
    expect([...states].filter((state) => state.includes('again'))).toEqual([
      'starting again in 0.25 s (code 3)',
      'starting again in 0.5 s (code 3)',
      'starting again in 1 s (code 3)',
    ]);
  });

  it('tells why it did not start, and tries again', async () => {
    const failures: string[] = [];
    part = keepRunning({ name: 'absent', start: () => Promise.reject(new Error('no such program')), onFailure: (reason) => failures.push(reason) });
    await until(() => failures.length === 2);
    expect(failures).toEqual(['no such program', 'no such program']);
  });

  it('is stopped for good, and leaves no process', async () => {
    await run('steady', 'setInterval(() => {}, 1000)').ready;
    const { pid = 0 } = part.status();
    await part.stop();
    expect(part.status()).toEqual({ name: 'steady', state: 'stopped' });
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
