import { createWaker } from './waker.ts';

describe('a waker', () => {
  it('ends a sleep at once, and says that it was woken', async () => {
    const waker = createWaker();
    const began = performance.now();
    const slept = waker.wait(10_000);
    waker.wake();
    expect(await slept).toBe(true);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('does not lose a wake that came before the sleep, and uses it once', async () => {
    const waker = createWaker();
    waker.wake();
    waker.wake();
    expect(await waker.wait(10_000)).toBe(true);
    expect(await waker.wait(20)).toBe(false);
  });
});
