import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { endWithUs } from '../../platform/process/end-with-us.ts';

/** A process that we started and that ends with us. */
export interface ChildProcess {
  readonly pid: number;
  /** Resolves when it has ended, for whatever reason, with words for it: `SIGKILL`, `code 1`. */
  readonly ended: Promise<string>;
  /** SIGTERM, then SIGKILL when it takes longer than 20 s. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface ChildOptions {
  command: string;
  args: readonly string[];
  /** The file that gets everything it prints. */
  logFile: string;
  env?: NodeJS.ProcessEnv;
}

/** Starts a process in a group of its own, so that Ctrl+C reaches only us and we decide who stops first. */
export async function startChild({ command, args, logFile, env }: ChildOptions): Promise<ChildProcess> {
  const file = await open(logFile, 'a');
  const options: SpawnOptions = { stdio: ['ignore', file.fd, file.fd], detached: true, ...(env && { env }) };
  const child = spawn(command, args, options);
  await once(child, 'spawn').finally(() => file.close());
  const pid = child.pid as number; // it has spawned
  const release = endWithUs(pid);
  const ended = once(child, 'exit').then(([code, signal]) => {
    release();
    return signal === null ? `code ${code}` : String(signal);
  });
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  return {
    pid,
    ended,
    stop: async () => {
      const patience = new AbortController();
      const impatience = pause(20_000, undefined, { signal: patience.signal }).then(
        () => child.kill('SIGKILL'),
        () => {},
      );
      await end('SIGTERM');
      patience.abort();
      await impatience;
    },
    kill: () => end('SIGKILL'),
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
