import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

// A process that starts another, guards it, tells its id, and waits.
const program = `
  import { spawn } from 'node:child_process';
  import { endWithUs } from './dist/platform/process/end-with-us.js';
  const child = spawn(process.argv[1], process.argv.slice(2), { stdio: 'ignore', detached: true });
  endWithUs(child.pid);
  console.log(child.pid);
  setInterval(() => {}, 1000);
`;

describe('a process that we started', () => {
  let parent: ChildProcess;
  afterEach(() => parent.kill('SIGKILL'));

  const start = async (...command: string[]): Promise<number> => {
    parent = spawn(process.execPath, ['--input-type=module', '-e', program, ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (!parent.stdout) throw new Error('no output');
    const [pid] = await once(parent.stdout, 'data');
    return Number(pid);
  };

  it('ends when we are killed by SIGKILL', async () => {
    const pid = await start('sleep', '60');
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    expect(await isGone(pid, 5000)).toBe(true);
  });

  it('is killed when it does not listen', async () => {
    const pid = await start('/bin/sh', '-c', 'trap "" TERM; while true; do sleep 0.2; done');
    parent.kill('SIGKILL');
    expect(await isGone(pid, 20_000)).toBe(true);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function isGone(pid: number, within: number): Promise<boolean> {
  for (const started = Date.now(); Date.now() - started < within; await pause(50)) if (!isAlive(pid)) return true;
  return false;
}
