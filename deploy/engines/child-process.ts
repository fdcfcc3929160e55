import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { endWithUs } from '../../platform/process/end-with-us.ts';

/** A process that we started and that ends with us. */
export interface ChildProcess {
  readonly pid: number;
  /** Resolves when it has ended, for whatever reason, with words for it: `SIGKILL`, `code 1`. */
  readonly ended: Promise<string>;
  /** SIGTERM, then SIGKILL when it takes longer than `patience` milliseconds; 20 s unless told. */
  stop(patience?: number): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Milliseconds in which a busy machine has written a class archive, which is done when the engine stops. */
export const archivePatience = 180_000;

export interface ChildOptions {
  command: string;
  args: readonly string[];
  /** The file that gets everything it prints. */
  logFile: string;
  env?: NodeJS.ProcessEnv;
  /** Also told of each line on its standard error. */
  onErrorLine?(line: string): void;
  /** Aborted: it is told to stop. */
  signal?: AbortSignal | undefined;
}

/** Starts a process in a group of its own, so that Ctrl+C reaches only us and we decide who stops first. */
export async function startChild({ command, args, logFile, env, onErrorLine, signal }: ChildOptions): Promise<ChildProcess> {
  signal?.throwIfAborted();
  const file = await open(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', file.fd, onErrorLine ? 'pipe' : file.fd], detached: true, ...(env && { env }) });
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      onErrorLine?.(line);
      void file.appendFile(`${line}\n`);
    });
    child.once('close', () => void file.close());
  }
  await once(child, 'spawn').finally(() => child.stderr ?? file.close());
  const pid = child.pid as number; // it has spawned
  const release = endWithUs(pid);
  const stopNow = () => child.kill('SIGTERM');
  signal?.addEventListener('abort', stopNow);
  const ended = once(child, 'exit').then(([code, killedBy]) => {
    release();
    signal?.removeEventListener('abort', stopNow);
    return killedBy === null ? `code ${code}` : String(killedBy);
  });
  return {
    pid,
    ended,
    async stop(patience = 20_000) {
      const impatience = setTimeout(() => child.kill('SIGKILL'), patience);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(impatience);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Tries `probe` until it succeeds. Throws when the process ends first, with the last lines of its log, or after `seconds`. */
export async function waitUntilReady(name: string, child: ChildProcess, logFile: string, probe: () => Promise<void>, seconds = 60): Promise<void> {
  let end: string | undefined;
  void child.ended.then((reason) => {
    end = reason;
  });
  for (const started = Date.now(); ; await pause(50)) {
    if (end !== undefined) throw new Error(`${name} ended (${end}) before it was ready:\n${await readTail(logFile)}`);
    try {
      return await probe();
    } catch (error) {
      if (Date.now() - started > seconds * 1000) {
        await child.kill();
        throw new Error(`${name} was not ready after ${seconds} s:\n${await readTail(logFile)}`, { cause: error });
      }
    }
  }
}

async function readTail(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.slice(-20).join('\n');
}
