import { setTimeout as pause } from 'node:timers/promises';
import type { ChildProcess } from '../engines/child-process.ts';

/** What a person, or a test that kills, wants to know of one part of the mesh. */
export interface PartStatus {
  name: string;
  /** `starting`, `ready`, `starting again in 2 s (SIGKILL)`, `stopped`. */
  state: string;
  pid?: number;
}

export interface Part {
  status(): PartStatus;
  /** Resolves when it is ready for the first time. */
  ready: Promise<void>;
  stop(): Promise<void>;
}

export interface KeptPart {
  name: string;
  /** Starts it and resolves when it answers; to be given up when `signal` is aborted. */
  start(signal: AbortSignal): Promise<ChildProcess>;
  /** Told why a start failed. */
  onFailure(reason: string): void;
}

const longestPause = 10_000;
const soundAfter = 30_000;

/** Runs a process and starts it again whenever it ends, sooner at first, later when it keeps on ending. */
export function keepRunning({ name, start, onFailure }: KeptPart): Part {
  const stopping = new AbortController();
  const { promise: ready, resolve: becomeReady } = withResolvers();
  let status: PartStatus = { name, state: 'starting' };
  let running: ChildProcess | undefined;
  let failures = 0;

  const runOnce = async (): Promise<string> => {
    status = { name, state: 'starting' };
    running = await start(stopping.signal);
    const since = Date.now();
    status = { name, state: 'ready', pid: running.pid };
    becomeReady();
    const reason = await running.ended;
    running = undefined;
    if (Date.now() - since > soundAfter) failures = 0;
    return reason;
  };
  const loop = async () => {
    while (!stopping.signal.aborted) {
      const reason = await runOnce().catch((error: Error) => {
        if (!stopping.signal.aborted) onFailure(error.message);
        return 'it did not start';
      });
      if (stopping.signal.aborted) break;
      const wait = Math.min(longestPause, 250 * 2 ** failures++);
      status = { name, state: `starting again in ${wait / 1000} s (${reason})` };
      await pause(wait, undefined, { signal: stopping.signal }).catch(() => undefined); // cut short by `stop`
    }
    status = { name, state: 'stopped' };
  };
  const ended = loop();

  return {
    status: () => status,
    ready,
    async stop() {
      stopping.abort();
      await running?.stop();
      await ended;
    },
  };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
