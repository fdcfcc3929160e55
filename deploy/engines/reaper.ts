import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Sees to it that no process outlives us, even when we are killed by SIGKILL. */
export interface Reaper {
  /** From now on this process ends with us. */
  watch(pid: number): void;
  /** It ended by itself. */
  forget(pid: number): void;
  /** Ends the reaper; whatever it still watches ends with it. */
  close(): void;
}

/** A small process of its own, in its own session, that hears through a pipe when we are gone. */
export function startReaper(): Reaper {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./reaper.mjs', import.meta.url))], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.unref();
  child.stdin.on('error', () => {}); // it was killed from outside: then nobody watches, and nothing else changes
  return {
    watch: (pid) => child.stdin.write(`+${pid}\n`),
    forget: (pid) => child.stdin.write(`-${pid}\n`),
    close: () => child.stdin.end(),
  };
}
