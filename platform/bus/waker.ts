/** Lets a loop sleep until there is work: a `wake` during the sleep ends it, and one before it is not lost. */
export interface Waker {
  wake(): void;
  /** True when woken, false when the time was over. */
  wait(milliseconds: number): Promise<boolean>;
}

export function createWaker(): Waker {
  let rung = false;
  let ring: (() => void) | undefined;
  return {
    wake() {
      rung = true;
      ring?.();
    },
    wait(milliseconds) {
      return new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          ring = undefined;
          resolve(rung);
          rung = false;
        };
        const timer = setTimeout(finish, milliseconds);
        ring = finish;
        if (rung) finish();
      });
    },
  };
}
