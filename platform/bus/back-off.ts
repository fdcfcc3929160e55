import { setTimeout as sleep } from 'node:timers/promises';

export interface BackOff {
  /** Milliseconds before the second try. */
  first: number;
  /** Milliseconds at most. */
  most: number;
}

/** Waits before another try: twice as long after each failure, with jitter, so that those who failed together do not come back together. */
export async function backOff(failures: number, { first, most }: BackOff, signal?: AbortSignal): Promise<void> {
  const full = Math.min(most, first * 2 ** Math.min(failures - 1, 20));
  await sleep(full * (0.5 + Math.random() / 2), undefined, signal && { signal });
}
