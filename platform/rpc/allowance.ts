import type { Clock } from '../clock/clock.ts';
import type { AppError } from '../errors/app-error.ts';
import { cancelled, deadlineExceeded } from './status.ts';
import type { ServedOptions } from './transport.ts';

/** What a call may still use: it is over when its deadline passes or its caller gives up. */
export interface Allowance {
  /** Aborts when it is over. Made when somebody asks for it: most calls never do. */
  signal(): AbortSignal;
  /** Throws when it is over, so that nothing is written for a caller who was told that it failed. */
  requireTime(): void;
}

/** setTimeout takes no more. */
export const longestTimer = 2 ** 31 - 1;

/** Runs `run` and waits for it until the allowance is over: then AppError `unavailable`, whatever `run` still does. */
export function runWithin<Result>(
  { deadline, signal }: Pick<ServedOptions, 'deadline' | 'signal'>,
  clock: Clock,
  run: (allowance: Allowance) => Promise<Result>,
): Promise<Result> {
  const left = deadline - clock.now();
  if (left <= 0) return Promise.reject(deadlineExceeded());
  if (signal?.aborted) return Promise.reject(cancelled());

  let over: AppError | undefined;
  let controller: AbortController | undefined;
  const allowance: Allowance = {
    signal() {
      controller ??= new AbortController();
      if (over && !controller.signal.aborted) controller.abort(over);
      return controller.signal;
    },
    requireTime() {
      if (over) throw over;
      // The timer may be late where the process is busy, and the caller's own was not.
      if (clock.now() >= deadline) throw deadlineExceeded();
    },
  };
  return new Promise<Result>((resolve, reject) => {
    const finish = (reason: AppError) => {
      settle();
      over = reason;
      controller?.abort(reason);
      reject(reason);
    };
    const onAbort = () => finish(cancelled());
    const timer = setTimeout(() => finish(deadlineExceeded()), Math.min(left, longestTimer));
    signal?.addEventListener('abort', onAbort);
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    run(allowance).then(
      (result) => {
        settle();
        resolve(result);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
  });
}
