/** A pause that can be cut short: by `wake`, at once also when it came before the pause. */
export function createPause(): { pause(milliseconds: number): Promise<void>; wake(): void } {
  let isWoken = false;
  let end: (() => void) | undefined;
  return {
    pause(milliseconds) {
      if (isWoken) {
        isWoken = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const timer = setTimeout(() => end?.(), milliseconds);
        end = () => {
          clearTimeout(timer);
          end = undefined;
          isWoken = false;
          resolve();
        };
      });
    },
    wake() {
      if (end) end();
      else isWoken = true;
    },
  };
}
