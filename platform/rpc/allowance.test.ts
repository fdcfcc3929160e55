import type { Clock } from '../clock/clock.ts';
import { runWithin } from './allowance.ts';

describe('what a call may still use', () => {
  it('is over at its deadline, also while the timer that ends it is late', async () => {
    let now = 1_000;
    const clock: Clock = { now: () => now };
    const writes: number[] = [];
    const call = runWithin({ deadline: 61_000 }, clock, async ({ requireTime }) => {
      for (now of [60_999, 61_000]) {
        requireTime();
        writes.push(now);
      }
    });
    await expect(call).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining('deadline') });
    expect(writes).toEqual([60_999]);
  });
});
