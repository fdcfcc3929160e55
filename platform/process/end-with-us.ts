import { spawn } from 'node:child_process';

/**
 * Sees to it that a process which we started does not outlive us, even when we are killed by SIGKILL: a small shell of its own session reads a
 * pipe of ours, which ends with us. Gives a function that takes the guard away, for when the process has ended by itself.
 */
export function endWithUs(pid: number, signal: 'TERM' | 'INT' = 'TERM'): () => void {
  const patience = `for second in 1 2 3 4 5 6 7 8 9 10; do sleep 1; kill -0 ${pid} || exit; done`;
  const script = `read _; kill -${signal} ${pid} && ${patience}; kill -KILL ${pid}`;
  const guard = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.on('error', () => undefined); // no /bin/sh: then only our own stop ends it
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return () => guard.kill('SIGKILL');
}
