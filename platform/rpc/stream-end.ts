import type { Metadata } from '@grpc/grpc-js';

/**
 * Node's HTTP/2 ends a stream before it resets it (closeStream of lib/internal/http2/core.js), so a stream that grpc-js cancels reaches the
 * other side as one that came to its end. Between our own sides an end is therefore said: by a last message that can be no message, for there
 * is no field 0 and no wire type 7.
 */
export const endMark: Uint8Array = Uint8Array.of(0x07);

const header = 'opora-stream-end';

/** Says that this stream will end with the mark. Other clients say nothing, and their end is what HTTP/2 says. */
export function promiseEndMark(metadata: Metadata): void {
  metadata.set(header, 'marked');
}

export function promisesEndMark(metadata: Metadata): boolean {
  return metadata.get(header).length > 0;
}

export function isEndMark(message: Uint8Array): boolean {
  return message.length === 1 && message[0] === endMark[0];
}
