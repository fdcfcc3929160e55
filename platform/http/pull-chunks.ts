import { finished, type Readable } from 'node:stream';

/** A byte stream whose chunks come when they are asked for; between, it is paused. */
export interface ChunkPuller {
  /** The next chunk, undefined at the end. Rejects with what destroyed the stream before its end. One at a time. */
  next(): Promise<Uint8Array | undefined>;
  /** Lets the rest flow by unread. */
  letGo(): void;
}

/** Unlike the stream's own iterator, it leaves the stream whole: a request must still be answered. */
export function pullChunks(stream: Readable): ChunkPuller {
  let waiting: { resolve(chunk: Uint8Array | undefined): void; reject(error: Error): void } | undefined;
  let end: { failure: Error | undefined } | undefined;
  let isLeft = false;

  stream.pause();
  stream.on('data', (chunk: Uint8Array) => {
    if (isLeft) return;
    stream.pause();
    waiting?.resolve(chunk);
  });
  finished(stream, { writable: false }, (failure) => {
    end = { failure: failure ?? undefined };
    settle();
  });
  const settle = () => {
    if (end?.failure) waiting?.reject(end.failure);
    else if (end) waiting?.resolve(undefined);
    else stream.resume();
  };
  return {
    next: () =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        settle();
      }),
    letGo() {
      isLeft = true;
      waiting = undefined;
      stream.resume();
    },
  };
}
