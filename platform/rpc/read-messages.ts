import { AppError } from '../errors/app-error.ts';
import type { ReadMessage } from './stream-messages.ts';
import type { IncomingStream } from './transport.ts';

export interface MessageReading {
  /** Longest time without a message, in milliseconds, while one is waited for; the time that handling takes does not count. */
  idle: number;
  read: ReadMessage;
}

/** The messages of a stream, each read when it is asked for. Throws AppError `unavailable` when none comes for too long. */
export async function* readMessages(requests: IncomingStream, { idle, read }: MessageReading): AsyncGenerator<object, void> {
  let count = 0;
  let isWaiting = true;
  const watch = setTimeout(() => {
    if (isWaiting) requests.breakOff(tooQuiet(idle));
  }, idle);
  try {
    for await (const bytes of requests) {
      isWaiting = false;
      yield read(bytes, ++count);
      isWaiting = true;
      watch.refresh();
    }
  } finally {
    clearTimeout(watch);
  }
}

function tooQuiet(idle: number): AppError {
  const message = `No message came for ${idle / 1000} s, so the stream was ended. What was committed before stays: send the rest anew.`;
  return new AppError('unavailable', message, { retryAfterSeconds: 1 });
}
